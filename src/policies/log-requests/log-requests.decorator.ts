import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { LOG_REQUESTS, type LogRequestsOptions } from './log-requests.options.js';

/**
 * Writes a record of every request of a route, refused ones included, into a file or to a collector: what was asked and
 * answered with the headers, who called, which target answered and how long each part took. Credentials are struck out.
 * The records have the form of Kong's log plugins. The gateway's own access log stays as it is.
 *
 * @example `@LogRequests({ file: { path: '/var/log/orders.log' } })`
 */
export function LogRequests(options: LogRequestsOptions): ClassDecorator & MethodDecorator {
  return declarePolicy(logRequests(options, '@LogRequests'));
}

/**
 * Takes a controller's or the gateway's log of requests off a route.
 *
 * @param why shown in the boot table: `called by the load balancer every second`
 */
export function NoRequestLog(why: string): ClassDecorator & MethodDecorator {
  return declareOff(LOG_REQUESTS, '@NoRequestLog', why);
}

/** The same for every proxy route: `GatewayModule.forRoot({ defaults: [logRequests({ http: { url } })] })`. */
export function logRequests(options: LogRequestsOptions, writtenAs = 'logRequests(…)'): PolicyDeclaration {
  return Object.freeze({ policy: LOG_REQUESTS, options: Object.freeze({ ...options }), writtenAs });
}
