import { isDeepStrictEqual } from 'node:util';
import type { Steps } from '../../contracts/steps.js';
import type { KongConfiguration, KongEntity } from '../kong-configuration.js';

/** What another configuration adds, removes and changes, by the names of its parts. */
export interface KongChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

type Part = { readonly key: string; readonly label: string; readonly entity: KongEntity };

/** Compares two configurations by meaning: where something stands in a file is no part of it. */
export function* kongChanges(
  before: KongConfiguration | undefined,
  after: KongConfiguration,
): Steps<KongChanges> {
  const old = partsOf(before);
  const fresh = partsOf(after);
  const added: string[] = [];
  const changed: string[] = [];
  for (const [key, { label, entity }] of fresh) {
    yield;
    const was = old.get(key);
    if (was === undefined) added.push(label);
    else if (!isDeepStrictEqual(meaningOf(was.entity), meaningOf(entity))) changed.push(label);
  }
  if (before !== undefined) changed.push(...reordered(before, after));
  const removed = [...old].flatMap(([key, { label }]) => (fresh.has(key) ? [] : [label]));
  return { added, removed, changed };
}

/** Where another one stands first of routes that may tie: there the first takes the request. */
function reordered(before: KongConfiguration, after: KongConfiguration): string[] {
  const old = rivals(before);
  return [...rivals(after)].flatMap(([path, ids]) => {
    const was = new Set(old.get(path));
    const stayed = ids.filter((id) => was.has(id));
    const stays = new Set(stayed);
    const stood = [...was].filter((id) => stays.has(id));
    return stood.some((id, index) => id !== stayed[index]) ? [`order of routes (${path})`] : [];
  });
}

/** Routes that one request can match by equally much: those of one prefix, and those of any regex. */
function rivals({ routes }: KongConfiguration): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { id, paths } of routes) {
    const groups = new Set((paths.length === 0 ? ['/'] : paths).map(rivalry));
    for (const group of groups) {
      const ids = found.get(group);
      if (ids === undefined) found.set(group, [id]);
      else ids.push(id);
    }
  }
  return found;
}

const rivalry = (path: string): string => (path.startsWith('~') ? 'regexes' : path);

function partsOf(configuration: KongConfiguration | undefined): ReadonlyMap<string, Part> {
  if (configuration === undefined) return new Map();
  const { services, routes, upstreams, consumers, plugins } = configuration;
  const names = new Map([
    ...[...services, ...routes].map(({ id, name }) => [id, name] as const),
    ...consumers.map(({ id, username, customId }) => [id, username ?? customId] as const),
  ]);
  const nameOf = (id: string): string => names.get(id) ?? id;
  const parts = [
    ...services.map((service) => part('service', service, service.name)),
    ...routes.map((route) => part('route', route, route.name)),
    ...upstreams.map((upstream) => part('upstream', upstream, upstream.name)),
    // Of a consumer only whether it is the same is told; what its credentials hold is nobody's to read.
    ...consumers.map((consumer) => part('consumer', consumer, consumer.username ?? consumer.customId)),
    ...plugins.map((plugin) => part('plugin', plugin, `${plugin.name} ${scopeOf(plugin, nameOf)}`.trim())),
  ];
  return new Map(parts.map((each) => [each.key, each]));
}

function part(kind: string, entity: KongEntity, name: string | undefined): Part {
  return { key: `${kind} ${entity.id}`, label: `${kind} ${name ?? entity.id}`, entity };
}

interface Scoped {
  readonly route: string | undefined;
  readonly service: string | undefined;
  readonly consumer: string | undefined;
}

function scopeOf({ route, service, consumer }: Scoped, nameOf: (id: string) => string): string {
  const scopes = Object.entries({ route, service, consumer }).flatMap(([kind, id]) =>
    id === undefined ? [] : [`${kind} ${nameOf(id)}`],
  );
  return scopes.length === 0 ? '' : `(${scopes.join(', ')})`;
}

/** An entity without its places; those it refers to stand for themselves by their ids. */
function meaningOf(value: unknown, top = true): unknown {
  if (Array.isArray(value)) return value.map((each) => meaningOf(each, false));
  if (typeof value !== 'object' || value === null) return value;
  const reveal = (value as { readonly reveal?: () => string }).reveal;
  if (typeof reveal === 'function') return reveal.call(value);
  const entity = value as Partial<KongEntity> & Readonly<Record<string, unknown>>;
  if (!top && entity.place !== undefined && 'protocol' in entity) return entity.id;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'place')
      .map(([name, each]) => [name, meaningOf(each, false)]),
  );
}
