import {
  LOG_REQUESTS,
  type LogRequestsOptions,
  type RecordQueueOptions,
} from '../../policies/log-requests/log-requests.options.js';
import type { KongQueueConfig } from '../kong-plugins.js';
import type { KongPluginMapping } from './kong-plugin.js';
import { kongRecord } from './kong-record.js';

/** Kong's http-log on the gateway's log of requests, with Kong's queue. */
export const HTTP_LOG_PLUGIN: KongPluginMapping<'http-log'> = {
  name: 'http-log',
  priority: 12,
  stage: 'filter',
  compile(place) {
    const { httpEndpoint, method, contentType, timeoutMs, keepaliveMs, headers, queue } =
      place.instance.config;
    const options: LogRequestsOptions = {
      http: {
        url: httpEndpoint,
        method,
        contentType,
        timeoutMs,
        keepAliveMs: keepaliveMs,
        headers,
        queue: queueOf(queue),
      },
      // Each instance has a queue of its own in Kong.
      id: place.instance.id,
      ...kongRecord(place),
    };
    return place.policies.compile(LOG_REQUESTS, options, place.facts);
  },
};

function queueOf(queue: KongQueueConfig): RecordQueueOptions {
  return {
    maxBatchSize: queue.maxBatchSize,
    maxDelayMs: milliseconds(queue.maxCoalescingDelaySeconds),
    maxEntries: queue.maxEntries,
    maxBytes: queue.maxBytes,
    maxRetryMs: milliseconds(queue.maxRetryTimeSeconds),
    firstRetryDelayMs: Math.max(1, milliseconds(queue.initialRetryDelaySeconds)),
    maxRetryDelayMs: Math.max(1, milliseconds(queue.maxRetryDelaySeconds)),
    concurrency: queue.concurrencyLimit === 1 ? 1 : 'unlimited',
  };
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000);
