import { notHere, withDefault } from '../fields/field.js';
import { yesNo } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

const OFF = withDefault(yesNo, false);

export const prometheusSchema = pluginSchema(
  'prometheus',
  {},
  {
    per_consumer: OFF,
    status_code_metrics: OFF,
    latency_metrics: OFF,
    bandwidth_metrics: OFF,
    upstream_health_metrics: OFF,
    ai_metrics: notHere('counts requests to language models, which are not known here; leave it out.'),
    wasm_metrics: notHere('counts what filters in WebAssembly do, which are not run here; leave it out.'),
  },
  (config) => ({
    perConsumer: config.per_consumer,
    statusCodeMetrics: config.status_code_metrics,
    latencyMetrics: config.latency_metrics,
    bandwidthMetrics: config.bandwidth_metrics,
    upstreamHealthMetrics: config.upstream_health_metrics,
  }),
);
