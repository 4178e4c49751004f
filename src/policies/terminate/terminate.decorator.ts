import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { TERMINATE, type TerminateOptions } from './terminate.options.js';

/**
 * Answers a route's requests in the gateway, so that neither the handler nor an upstream hears of them: while something
 * is down for maintenance, for what was taken out of service, or to see what arrives here (`echo`).
 *
 * Whoever may not call the route is refused first. On an ordinary controller the decorator is enough; there it answers
 * before the controller's guards.
 *
 * @example `@Terminate({ status: 410, message: 'Version 1 was taken out of service.' })`
 */
export function Terminate(options: TerminateOptions = {}): ClassDecorator & MethodDecorator {
  return declarePolicy(terminate(options, '@Terminate'));
}

/**
 * Lets a route run whose controller, or the gateway's default, is terminated.
 *
 * @param why shown in the boot table: `needed for the move`
 */
export function NoTerminate(why: string): ClassDecorator & MethodDecorator {
  return declareOff(TERMINATE, '@NoTerminate', why);
}

/** The same for every proxy route: `GatewayModule.forRoot({ defaults: [terminate({ trigger: 'X-Drill' })] })`. */
export function terminate(options: TerminateOptions = {}, writtenAs = 'terminate(…)'): PolicyDeclaration {
  return Object.freeze({ policy: TERMINATE, options: Object.freeze({ ...options }), writtenAs });
}
