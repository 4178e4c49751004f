import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { MEASURE_REQUESTS, type MeasureRequestsOptions } from './measure-requests.options.js';

/**
 * Measures the requests of a route on `/metrics` under the names of Kong's prometheus plugin, so that dashboards made for
 * Kong go on. The gateway's own metrics stay as they are.
 *
 * @example `@MeasureRequests({ status: true, latency: true })`
 */
export function MeasureRequests(options: MeasureRequestsOptions): ClassDecorator & MethodDecorator {
  return declarePolicy(measureRequests(options, '@MeasureRequests'));
}

/**
 * Takes it off a route whose controller, or the gateway's default, has it.
 *
 * @param why shown in the boot table: `called by the load balancer every second`
 */
export function NoRequestMetrics(why: string): ClassDecorator & MethodDecorator {
  return declareOff(MEASURE_REQUESTS, '@NoRequestMetrics', why);
}

/** The same for every proxy route: `GatewayModule.forRoot({ defaults: [measureRequests({ status: true })] })`. */
export function measureRequests(
  options: MeasureRequestsOptions,
  writtenAs = 'measureRequests(…)',
): PolicyDeclaration {
  return Object.freeze({ policy: MEASURE_REQUESTS, options: Object.freeze({ ...options }), writtenAs });
}
