import type { KongQueueConfig } from '../../kong-plugins.js';
import { optional, withDefault } from '../fields/field.js';
import type { Kind } from '../fields/kind.js';
import { FAULT } from '../fields/reading.js';
import { record } from '../fields/record.kind.js';
import { decimal, numberOf, whole } from '../fields/value.kinds.js';

const MOST = 1_000_000;
const fields = record({
  max_batch_size: withDefault(whole(1, MOST), 1),
  max_coalescing_delay: withDefault(decimal(0, 3_600), 1),
  max_entries: withDefault(whole(1, MOST), 10_000),
  max_bytes: optional(whole(1, 2 ** 40)),
  max_retry_time: withDefault(decimal(0, 2 ** 31), 60),
  initial_retry_delay: withDefault(decimal(0.001, MOST), 0.01),
  max_retry_delay: withDefault(decimal(0.001, MOST), 60),
  concurrency_limit: withDefault(numberOf(1, -1), 1),
});

/** Kong's queue of entries that wait to be sent. */
export const queue: Kind<KongQueueConfig> = {
  allowed: fields.allowed,
  read(node, reading) {
    const read = fields.read(node, reading);
    if (read === FAULT) return FAULT;
    return {
      maxBatchSize: read.max_batch_size,
      maxCoalescingDelaySeconds: read.max_coalescing_delay,
      maxEntries: read.max_entries,
      maxBytes: read.max_bytes,
      maxRetryTimeSeconds: read.max_retry_time,
      initialRetryDelaySeconds: read.initial_retry_delay,
      maxRetryDelaySeconds: read.max_retry_delay,
      concurrencyLimit: read.concurrency_limit,
    };
  },
};

export const QUEUE_DEFAULTS: KongQueueConfig = Object.freeze({
  maxBatchSize: 1,
  maxCoalescingDelaySeconds: 1,
  maxEntries: 10_000,
  maxBytes: undefined,
  maxRetryTimeSeconds: 60,
  initialRetryDelaySeconds: 0.01,
  maxRetryDelaySeconds: 60,
  concurrencyLimit: 1,
});
