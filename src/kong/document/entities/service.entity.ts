import type { KongService } from '../../kong-configuration.js';
import { clearable, ignored, notHere, optional, unread, withDefault } from '../fields/field.js';
import { entityName, isHostOrAddress, withoutBrackets } from '../fields/name.kinds.js';
import { plainPath } from '../fields/path.kinds.js';
import type { Reading } from '../fields/reading.js';
import { text } from '../fields/text.kinds.js';
import { whole, yesNo } from '../fields/value.kinds.js';
import { type DocumentNode, isNull, memberOf } from '../text/document-node.js';
import type { DeclaredEntity } from './declared-entity.js';
import { type EntityLoad, readEntity } from './entity-load.js';
import { protocol } from './protocol.kinds.js';
import { type ServiceAddress, serviceAddress } from './service-address.js';

const MOST_RETRIES = 32_767;
const MOST_MS = 2 ** 31 - 2;
const TIMEOUT = clearable(whole(1, MOST_MS), 60_000);
const IN_CODE =
  'is not carried out from a Kong file; describe this upstream in code, defineUpstream(…, { tls: { … } }).';

const FIELDS = {
  name: optional(entityName),
  url: { ...optional(text('a URL')), secret: true },
  protocol: withDefault(protocol, 'http'),
  host: optional(
    text('a host name or an address, without a port', (host) =>
      isHostOrAddress(host.toLowerCase()) ? undefined : 'a host name or an address, without a port',
    ),
  ),
  port: withDefault(whole(1, 65_535), 80),
  path: optional(plainPath),
  retries: clearable(whole(0, MOST_RETRIES), 5),
  connect_timeout: TIMEOUT,
  write_timeout: TIMEOUT,
  read_timeout: TIMEOUT,
  client_certificate: notHere(IN_CODE),
  tls_verify: optional(yesNo),
  tls_verify_depth: notHere('is not carried out here: chains are verified whole; leave it out.'),
  ca_certificates: notHere(IN_CODE),
  tls_sans: notHere('is part of Kong Enterprise; the name that is verified is that of the host.'),
  enabled: withDefault(yesNo, true),
  routes: ignored,
  plugins: ignored,
  filter_chains: notHere(
    'is not carried out here: filters in WebAssembly are not run; write a policy in code.',
  ),
} as const;

/** What the shorthand sets. Kong reads it over what stands beside it, whatever that is. */
const SET_BY_URL = ['protocol', 'host', 'port', 'path'] as const;
const FIELDS_BY_URL = {
  ...FIELDS,
  ...Object.fromEntries(SET_BY_URL.map((name) => [name, unread<unknown>(FIELDS[name])])),
} as typeof FIELDS;

/** A service as it is carried out. */
export function readService(declared: DeclaredEntity, load: EntityLoad): KongService | undefined {
  const url = memberOf(declared.node, 'url');
  const byUrl = url !== undefined && !isNull(url);
  const read = readEntity(declared, byUrl ? FIELDS_BY_URL : FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  const address =
    fields.url === undefined
      ? ownAddress(fields, declared, reading)
      : shorthand(fields.url, declared, reading);
  if (address === undefined) return undefined;
  if (fields.tls_verify !== undefined && !address.protocol.endsWith('s')) {
    reading
      .member('tls_verify')
      .fail(declared.node, `is set, but ${address.protocol} has no TLS; leave it out.`);
    return undefined;
  }
  return {
    ...entity,
    ...address,
    name: fields.name,
    retries: fields.retries,
    connectTimeoutMs: fields.connect_timeout,
    writeTimeoutMs: fields.write_timeout,
    readTimeoutMs: fields.read_timeout,
    tlsVerify: fields.tls_verify,
    enabled: fields.enabled,
  };
}

function shorthand(url: string, { node }: DeclaredEntity, reading: Reading): ServiceAddress | undefined {
  const address = serviceAddress(url);
  if (typeof address === 'string') {
    reading.member('url').fail(memberOf(node, 'url') ?? node, address);
    return undefined;
  }
  for (const name of SET_BY_URL) {
    const beside = memberOf(node, name);
    if (beside === undefined || isNull(beside) || saysTheSame(beside, address[name])) continue;
    reading.member(name).warn(beside, 'stands beside url, which sets it, as in Kong; leave it out.');
  }
  return address;
}

function saysTheSame(node: DocumentNode, value: string | number | undefined): boolean {
  return node.kind === 'scalar' && node.text === String(value);
}

function ownAddress(
  fields: {
    readonly protocol: ServiceAddress['protocol'];
    readonly host: string | undefined;
    readonly port: number;
    readonly path: string | undefined;
  },
  { node }: DeclaredEntity,
  reading: Reading,
): ServiceAddress | undefined {
  if (fields.host === undefined) {
    reading.member('host').fail(node, 'is missing; must be a host name, or give url in place of it.');
    return undefined;
  }
  if (fields.path !== undefined && fields.protocol.startsWith('grpc')) {
    reading
      .member('path')
      .fail(node, `is set, but calls of ${fields.protocol} have their own; leave it out.`);
    return undefined;
  }
  return {
    protocol: fields.protocol,
    host: withoutBrackets(fields.host.toLowerCase()),
    port: fields.port,
    path: fields.path,
  };
}
