import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { CORS, type CorsOptions } from './cors.options.js';

/**
 * Lets pages of other origins call a route: preflights are answered by the gateway, before anybody is asked who he is
 * and before anything is counted, and every answer says what a page may read, errors too.
 *
 * What an upstream says itself (`Access-Control-*`) is replaced. On an ordinary controller the decorator is enough.
 *
 * @example `@Cors({ origins: ['https://app.example', 'https://*.preview.example'], credentials: true })`
 */
export function Cors(options: CorsOptions): ClassDecorator & MethodDecorator {
  return declarePolicy(cors(options, '@Cors'));
}

/**
 * Takes a route out of its controller's `@Cors` or the gateway's default: preflights are requests like any other, and
 * the upstream's own fields pass.
 */
export function NoCors(reason: string): ClassDecorator & MethodDecorator {
  return declareOff(CORS, '@NoCors', reason);
}

/** The same for every proxy route: `GatewayModule.forRoot({ defaults: [cors({ origins: […] })] })`. */
export function cors(options: CorsOptions, writtenAs = 'cors(…)'): PolicyDeclaration {
  return Object.freeze({ policy: CORS, options: Object.freeze({ ...options }), writtenAs });
}
