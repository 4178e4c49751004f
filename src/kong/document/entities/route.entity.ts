import type { KongAddress, KongRoute, KongService } from '../../kong-configuration.js';
import { FAULT, type Reading } from '../fields/reading.js';
import type { RecordOf } from '../fields/record.kind.js';
import type { DeclaredEntity } from './declared-entity.js';
import { type EntityLoad, ownerOf, readEntity } from './entity-load.js';
import { routeFields } from './route.fields.js';

type RouteFields = RecordOf<ReturnType<typeof routeFields>>;

const FIELDS = { '1.1': routeFields('1.1'), '2.1': routeFields('2.1'), '3.0': routeFields('3.0') } as const;

/** A route as it is carried out, with its service. */
export function readRoute(
  declared: DeclaredEntity,
  services: ReadonlyMap<DeclaredEntity, KongService>,
  load: EntityLoad,
): KongRoute | undefined {
  const { formatVersion } = declared.header;
  const read = readEntity(declared, FIELDS[formatVersion], load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  const owner = ownerOf(declared, 'services', fields.service, load);
  const wrong = faultsOf(fields, declared, reading);
  if (owner === FAULT || wrong) return undefined;
  if (fields.path_handling === 'v1') {
    reading
      .member('path_handling')
      .warn(
        declared.node,
        'is v1, which Kong itself ignores outside of its traditional router; paths are joined as v0 does.',
      );
  }
  const grpc = fields.protocols.some((protocol) => protocol.startsWith('grpc'));
  return {
    ...entity,
    name: fields.name,
    protocols: fields.protocols,
    methods: fields.methods,
    hosts: fields.hosts.map((host) => host.toLowerCase()),
    paths: formatVersion === '3.0' ? fields.paths : fields.paths.map(withMark),
    headers: Object.freeze(
      Object.fromEntries(
        Object.entries(fields.headers).map(([name, values]) => [name.toLowerCase(), values]),
      ),
    ),
    snis: fields.snis.map((sni) => sni.toLowerCase()),
    sources: fields.sources.filter(isAddress),
    destinations: fields.destinations.filter(isAddress),
    stripPath: !grpc && (fields.strip_path ?? true),
    preserveHost: fields.preserve_host,
    regexPriority: fields.regex_priority,
    httpsRedirectStatusCode: fields.https_redirect_status_code,
    requestBuffering: fields.request_buffering,
    responseBuffering: fields.response_buffering,
    service: owner === undefined ? undefined : services.get(owner),
  };
}

/** Kong's own guess when it migrates 1.1 and 2.1: what no plain path would hold makes a regex. */
function withMark(path: string): string {
  return path.startsWith('~') || /^[A-Za-z0-9_\-./~%]*$/.test(path) ? path : `~${path}`;
}

function isAddress(address: KongAddress): boolean {
  return address.ip !== undefined || address.port !== undefined;
}

/** Rules between fields; true when the report was told something. */
function faultsOf(fields: RouteFields, { node }: DeclaredEntity, reading: Reading): boolean {
  let wrong = false;
  const fail = (field: string, what: string) => {
    wrong = true;
    reading.member(field).fail(node.entries.get(field)?.value ?? node, what);
  };
  const grpc = fields.protocols.filter((protocol) => protocol.startsWith('grpc')).length;
  if (grpc > 0 && grpc < fields.protocols.length) {
    fail(
      'protocols',
      `mixes ${fields.protocols.join(', ')}; must be of http and https, or of grpc and grpcs.`,
    );
    return true;
  }
  const tls = fields.protocols.some((protocol) => protocol.endsWith('s'));
  if (fields.snis.length > 0 && !tls) fail('snis', 'needs TLS; add https or grpcs to protocols.');
  if (grpc > 0 && fields.methods.length > 0)
    fail('methods', 'may not be matched on a route of gRPC; leave it out.');
  if (grpc > 0 && fields.strip_path === true)
    fail('strip_path', 'must be false on a route of gRPC, whose paths are names of methods.');
  for (const field of ['sources', 'destinations'] as const) {
    if (!fields[field].every(isAddress))
      fail(field, 'has an entry without ip and port; each needs one of them.');
  }
  const set = [fields.methods, fields.hosts, fields.paths, tls ? fields.snis : []].some(
    ({ length }) => length > 0,
  );
  if (!set && Object.keys(fields.headers).length === 0) {
    const names = grpc > 0 ? 'hosts, headers or paths' : 'methods, hosts, headers or paths';
    wrong = true;
    reading.fail(
      node,
      `would match everything; must have one of ${names}${tls ? ', or snis' : ''}. For all paths: paths: ["/"].`,
    );
  }
  const names = Object.keys(fields.headers).map((name) => name.toLowerCase());
  if (new Set(names).size < names.length)
    fail('headers', 'names one header twice, in other letters; keep one of them.');
  return wrong;
}
