import { isIPv6 } from 'node:net';
import type { KongTarget } from '../../kong-configuration.js';
import { clearable, optional, required } from '../fields/field.js';
import { isHostOrAddress, withoutBrackets } from '../fields/name.kinds.js';
import { FAULT } from '../fields/reading.js';
import { text } from '../fields/text.kinds.js';
import { whole } from '../fields/value.kinds.js';
import type { DeclaredEntity } from './declared-entity.js';
import { claim, type EntityLoad, ownerOf, readEntity } from './entity-load.js';
import { reference } from './reference.kind.js';

const DEFAULT_PORT = 8_000;
const TARGET = 'host:port, with an IPv6 address in brackets';

const FIELDS = {
  target: required(text(TARGET, (target) => (parseTarget(target) === undefined ? TARGET : undefined))),
  weight: clearable(whole(0, 65_535), 100),
  upstream: optional(reference('name')),
} as const;

/** A target, and the upstream it belongs to. */
export function readTarget(
  declared: DeclaredEntity,
  load: EntityLoad,
): { readonly target: KongTarget; readonly upstream: DeclaredEntity } | undefined {
  const read = readEntity(declared, FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  const upstream = ownerOf(declared, 'upstreams', fields.upstream, load);
  const address = parseTarget(fields.target);
  if (upstream === FAULT || address === undefined) return undefined;
  if (upstream === undefined) {
    reading.member('upstream').fail(declared.node, 'is missing; must be the name or id of an upstream.');
    return undefined;
  }
  const spot = `${load.registry.idOf(upstream)} ${address.host} ${address.port}`;
  if (!claim(declared, 'target', spot, load)) return undefined;
  return { target: { ...entity, ...address, weight: fields.weight }, upstream };
}

function parseTarget(target: string): { readonly host: string; readonly port: number } | undefined {
  if (isIPv6(target)) return { host: target.toLowerCase(), port: DEFAULT_PORT };
  const [, name = '', digits] = /^(\[[0-9A-Fa-f:.]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(target) ?? [];
  const host = name.toLowerCase();
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (!isHostOrAddress(host) || port < 1 || port > 65_535) return undefined;
  return { host: withoutBrackets(host), port };
}
