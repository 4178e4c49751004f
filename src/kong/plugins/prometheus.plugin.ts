import {
  MEASURE_REQUESTS,
  type MeasureRequestsOptions,
} from '../../policies/log-requests/measure-requests.options.js';
import type { KongPluginMapping } from './kong-plugin.js';

/** Kong's prometheus on the gateway's own metrics, in Kong's names. */
export const PROMETHEUS_PLUGIN: KongPluginMapping<'prometheus'> = {
  name: 'prometheus',
  priority: 13,
  stage: 'filter',
  compile({ instance, route, service, policies, facts }) {
    // As in Kong: what belongs to no service is in no series.
    if (service === undefined || route === undefined) return {};
    const { config } = instance;
    const options: MeasureRequestsOptions = {
      status: config.statusCodeMetrics,
      latency: config.latencyMetrics,
      bandwidth: config.bandwidthMetrics,
      targets: config.upstreamHealthMetrics,
      perConsumer: config.perConsumer,
      service: service.name ?? service.host,
      route: route.name ?? route.id,
    };
    return policies.compile(MEASURE_REQUESTS, options, facts);
  },
};
