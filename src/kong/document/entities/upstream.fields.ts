import { isIP } from 'node:net';
import { clearable, ignored, notHere, optional, required, withDefault } from '../fields/field.js';
import { cookieName, headerName, isHostName, isHostOrAddress } from '../fields/name.kinds.js';
import { plainPath } from '../fields/path.kinds.js';
import { oneOf, text } from '../fields/text.kinds.js';
import { whole } from '../fields/value.kinds.js';
import { healthchecks } from './healthchecks.fields.js';

const HASHES = ['none', 'consumer', 'ip', 'header', 'cookie', 'path', 'query_arg', 'uri_capture'] as const;
const hash = withDefault(oneOf(...HASHES), 'none');
const NAME = 'a host name, no address and no port';

export const UPSTREAM_FIELDS = {
  name: required(
    text(NAME, (name) => (isHostName(name.toLowerCase()) && isIP(name) === 0 ? undefined : NAME)),
  ),
  algorithm: withDefault(
    oneOf('round-robin', 'consistent-hashing', 'least-connections', 'latency'),
    'round-robin',
  ),
  slots: clearable(whole(10, 65_536), 10_000),
  hash_on: hash,
  hash_fallback: hash,
  hash_on_header: optional(headerName),
  hash_fallback_header: optional(headerName),
  hash_on_cookie: optional(cookieName),
  hash_on_cookie_path: withDefault(plainPath, '/'),
  hash_on_query_arg: optional(text('the name of a query parameter')),
  hash_fallback_query_arg: optional(text('the name of a query parameter')),
  hash_on_uri_capture: optional(text('the name of a capture')),
  hash_fallback_uri_capture: optional(text('the name of a capture')),
  host_header: optional(
    text('a host name', (host) =>
      isHostOrAddress(host.toLowerCase().replace(/:\d{1,5}$/, ''))
        ? undefined
        : 'a host name, with :port if any',
    ),
  ),
  healthchecks: optional(healthchecks),
  use_srv_name: notHere('is not carried out here: records of type SRV are not looked up; list the targets.'),
  client_certificate: notHere(
    'is not carried out from a Kong file; describe this upstream in code, defineUpstream(…, { tls: { … } }).',
  ),
  sticky_sessions_cookie: notHere(
    'is part of Kong Enterprise; hash_on: cookie keeps clients at their target.',
  ),
  sticky_sessions_cookie_path: ignored,
  targets: ignored,
} as const;
