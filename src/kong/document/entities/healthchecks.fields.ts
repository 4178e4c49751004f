import { clearable, type Field, optional } from '../fields/field.js';
import { isHeaderName, isHostPattern } from '../fields/name.kinds.js';
import { record } from '../fields/record.kind.js';
import { oneOf, text } from '../fields/text.kinds.js';
import { decimal, listOf, mapOf, whole, yesNo } from '../fields/value.kinds.js';
import type { DocumentNode } from '../text/document-node.js';

const MOST = 2 ** 31;
const count = clearable(whole(0, 255), 0);
const interval = clearable(decimal(0, 65_535), 0);
const statuses = optional(listOf(whole(100, 999)));
const check = oneOf('tcp', 'http', 'https', 'grpc', 'grpcs');

const failures = { tcp_failures: count, timeouts: count, http_failures: count, http_statuses: statuses };
const successes = { successes: count, http_statuses: statuses };

const active = record({
  type: clearable(check, 'http'),
  timeout: clearable(decimal(0, 65_535), 1),
  concurrency: clearable(whole(1, MOST), 10),
  http_path: optional(
    text('a path', (path) => (path.startsWith('/') ? undefined : 'a path that begins with /')),
  ),
  https_sni: optional(
    text('a host name', (name) => (isHostPattern(name.toLowerCase()) ? undefined : 'a host name')),
  ),
  https_verify_certificate: clearable(yesNo, true),
  headers: optional(
    mapOf(listOf(text('a header value')), (name) =>
      isHeaderName(name) ? undefined : 'is not the name of a header.',
    ),
  ),
  healthy: optional(record({ interval, ...successes })),
  unhealthy: optional(record({ interval, ...failures })),
});

const passive = record({
  type: clearable(check, 'http'),
  healthy: optional(record(successes)),
  unhealthy: optional(record(failures)),
});

/** The shape of `healthchecks`. */
export const healthchecks = record({
  threshold: clearable(decimal(0, 100), 0) as Field<number>,
  active: optional(active),
  passive: optional(passive),
});

const SWITCHES = new Set(['interval', 'threshold', 'successes', 'tcp_failures', 'timeouts', 'http_failures']);

/** The first counter or interval that is not 0, by its path below `healthchecks`. */
export function switchedOn(node: DocumentNode, path = ''): string | undefined {
  if (node.kind !== 'map') return undefined;
  for (const [name, { value }] of node.entries) {
    const at = path === '' ? name : `${path}.${name}`;
    if (SWITCHES.has(name) && value.kind === 'scalar' && Number(value.value) > 0) return at;
    const inside = switchedOn(value, at);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
