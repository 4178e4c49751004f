import type { SecretText } from '../../../contracts/secret-text.js';
import type { KongQueueConfig } from '../../kong-plugins.js';
import { clearable, type Field, optional, required, secret, withDefault } from '../fields/field.js';
import { isHeaderName } from '../fields/name.kinds.js';
import type { Reading } from '../fields/reading.js';
import { oneOf, secretText, text } from '../fields/text.kinds.js';
import { decimal, mapOf, whole } from '../fields/value.kinds.js';
import type { MapNode } from '../text/document-node.js';
import { LUA_FIELDS } from './file-log.schema.js';
import { pluginSchema } from './plugin-schema.js';
import { QUEUE_DEFAULTS, queue } from './queue.fields.js';

const ENDPOINT = 'a URL of http or https';
const MS = whole(1, 2 ** 31 - 2);
const WRITTEN_BY_GATEWAY = ['host', 'content-length', 'content-type'];
/** What an old field was mapped to, and its default, which decK's dumps hold. */
const OLD = { retry_count: 10, queue_size: 1, flush_timeout: 2 } as const;

function headerFault(name: string): string | undefined {
  if (!isHeaderName(name)) return 'is not the name of a header.';
  return WRITTEN_BY_GATEWAY.includes(name.toLowerCase())
    ? 'may not be set: it comes with the request. Leave it out.'
    : undefined;
}

export const httpLogSchema = pluginSchema(
  'http-log',
  {},
  {
    http_endpoint: secret(
      required(secretText(text(ENDPOINT, (url) => (isHttpUrl(url) ? undefined : ENDPOINT)))),
    ),
    method: withDefault(oneOf('POST', 'PUT', 'PATCH'), 'POST'),
    content_type: withDefault(
      oneOf('application/json', 'application/json; charset=utf-8'),
      'application/json',
    ),
    timeout: withDefault(MS, 10_000),
    keepalive: withDefault(MS, 60_000),
    headers: secret(clearable(mapOf(secretText(), headerFault), {})) as Field<
      Readonly<Record<string, SecretText>>
    >,
    queue: withDefault(queue, QUEUE_DEFAULTS),
    retry_count: optional(whole(0, 2 ** 31)),
    queue_size: optional(whole(1, 1_000_000)),
    flush_timeout: optional(decimal(0, 3_600)),
    custom_fields_by_lua: LUA_FIELDS,
  },
  (config, node, reading) => {
    const url = new URL(config.http_endpoint.reveal());
    const authorized = Object.keys(config.headers).some((name) => name.toLowerCase() === 'authorization');
    if (authorized && (url.username !== '' || url.password !== '')) {
      return reading
        .member('http_endpoint')
        .fail(node, 'holds credentials, and headers has an Authorization; keep one of them.');
    }
    return {
      httpEndpoint: config.http_endpoint,
      method: config.method,
      contentType: config.content_type,
      timeoutMs: config.timeout,
      keepaliveMs: config.keepalive,
      headers: config.headers,
      queue: withOldFields(config.queue, config, node, reading),
    };
  },
);

function isHttpUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') && /^https?:\/\/[^\s]+$/i.test(url);
}

/** The old names count where they say something else than their default, as in Kong. */
function withOldFields(
  given: KongQueueConfig,
  old: { readonly [name in keyof typeof OLD]: number | undefined },
  node: MapNode,
  reading: Reading,
): KongQueueConfig {
  const changed = (name: keyof typeof OLD) => old[name] !== undefined && old[name] !== OLD[name];
  if (changed('retry_count')) {
    reading
      .member('retry_count')
      .warn(node, 'does nothing any more, as in Kong 3; queue.max_retry_time says how long is tried.');
  }
  return {
    ...given,
    ...(changed('queue_size') && { maxBatchSize: old.queue_size as number }),
    ...(changed('flush_timeout') && { maxCoalescingDelaySeconds: old.flush_timeout as number }),
  };
}
