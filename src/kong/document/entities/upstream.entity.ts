import type { KongHash, KongTarget, KongUpstream } from '../../kong-configuration.js';
import type { Reading } from '../fields/reading.js';
import type { RecordOf } from '../fields/record.kind.js';
import type { DeclaredEntity } from './declared-entity.js';
import { type EntityLoad, readEntity } from './entity-load.js';
import { switchedOn } from './healthchecks.fields.js';
import { UPSTREAM_FIELDS } from './upstream.fields.js';

type UpstreamFields = RecordOf<typeof UPSTREAM_FIELDS>;
const NONE: KongHash = { on: 'none' };

/** An upstream as it is carried out. */
export function readUpstream(
  declared: DeclaredEntity,
  targets: readonly KongTarget[],
  load: EntityLoad,
): KongUpstream | undefined {
  const read = readEntity(declared, UPSTREAM_FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  const hashOn = hashOf('hash_on', fields, declared, reading);
  const hashFallback = hashOf('hash_fallback', fields, declared, reading);
  if (hashOn === undefined || hashFallback === undefined) return undefined;
  if (clash(fields, declared, reading)) return undefined;
  const checks = declared.node.entries.get('healthchecks')?.value;
  const on = checks === undefined ? undefined : switchedOn(checks);
  if (on !== undefined) {
    reading
      .member('healthchecks')
      .warn(
        declared.node,
        `switches on ${on}, but checks of health come with a later version; all targets count as healthy.`,
      );
  }
  const counting = fields.algorithm === 'least-connections' || fields.algorithm === 'latency';
  return {
    ...entity,
    name: fields.name,
    // As Kong does silently: hashing needs its algorithm, and counting has no hash.
    algorithm: !counting && hashOn.on !== 'none' ? 'consistent-hashing' : fields.algorithm,
    slots: fields.slots,
    hashOn: counting ? NONE : hashOn,
    hashFallback: counting || hashOn.on === 'cookie' ? NONE : hashFallback,
    hostHeader: fields.host_header,
    targets,
  };
}

function hashOf(
  field: 'hash_on' | 'hash_fallback',
  fields: UpstreamFields,
  { node }: DeclaredEntity,
  reading: Reading,
): KongHash | undefined {
  const on = fields[field];
  if (on === 'none' || on === 'consumer' || on === 'ip' || on === 'path') return { on };
  // There is one cookie for both.
  const nameField = on === 'cookie' ? 'hash_on_cookie' : (`${field}_${on}` as const);
  const name = fields[nameField];
  if (name === undefined) {
    reading.member(nameField).fail(node, `is missing; ${field} is ${on} and needs it.`);
    return undefined;
  }
  return on === 'cookie' ? { on, name, path: fields.hash_on_cookie_path } : { on, name };
}

/** Kong's rules between the two hashes; true when the report was told something. */
function clash(fields: UpstreamFields, { node }: DeclaredEntity, reading: Reading): boolean {
  const { hash_on: on, hash_fallback: fallback } = fields;
  const fail = (what: string) => {
    reading.member('hash_fallback').fail(node.entries.get('hash_fallback')?.value ?? node, what);
    return true;
  };
  if (fallback === 'none') return false;
  if (on === 'none') return fail(`is ${fallback}, but hash_on is none; set hash_on, or leave it out.`);
  if (on === 'cookie') return fail(`is ${fallback}, but a cookie is set where it is missing; must be none.`);
  if (on !== fallback) return false;
  const named = on === 'header' || on === 'query_arg' || on === 'uri_capture';
  const same = !named || sameName(fields[`hash_on_${on}`], fields[`hash_fallback_${on}`], on);
  return same ? fail(`is the same as hash_on (${on}); must be another one.`) : false;
}

function sameName(one: string | undefined, other: string | undefined, on: string): boolean {
  return on === 'header' ? one?.toLowerCase() === other?.toLowerCase() : one === other;
}
