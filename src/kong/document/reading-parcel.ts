import { deserialize, serialize } from 'node:v8';
import { SecretText } from '../../contracts/secret-text.js';
import type { Steps } from '../../contracts/steps.js';
import type { KongConfiguration, KongRoute } from '../kong-configuration.js';
import type { KongReading } from './read-kong-configuration.js';

/** A reading on its way from one thread to another, in pieces that are each soon unpacked. */
export interface ReadingParcel {
  readonly findings: Pick<KongReading, 'problems' | 'warnings'>;
  /** `undefined` where there is no configuration, and no remainder of one. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[] | undefined;
  /** They are of a configuration, not of a remainder. */
  readonly whole: boolean;
}

interface Piece {
  readonly list: keyof KongConfiguration;
  readonly entities: object[];
  /** A secret lives in a private field, which no copy has: what holds it, under which name, and its text. */
  readonly secrets: readonly (readonly [holder: Record<string, unknown>, name: string, text: string])[];
}

const PIECE_ENTITIES = 200;

export function packReading({ configuration, remainder, problems, warnings }: KongReading): ReadingParcel {
  const packed = configuration ?? remainder;
  return {
    findings: { problems, warnings },
    pieces: packed === undefined ? undefined : piecesOf(packed),
    whole: configuration !== undefined,
  };
}

/** What was packed. Of routes that shared a service, all have the same one again. */
export function* unpackReading({ findings, pieces, whole }: ReadingParcel): Steps<KongReading> {
  if (pieces === undefined) return { configuration: undefined, ...findings };
  const lists = { services: [], routes: [], upstreams: [], consumers: [], plugins: [] } as Record<
    keyof KongConfiguration,
    object[]
  >;
  for (const bytes of pieces) {
    const { list, entities, secrets } = deserialize(bytes) as Piece;
    for (const [holder, name, text] of secrets) holder[name] = new SecretText(text);
    lists[list].push(...entities);
    yield;
  }
  const services = lists.services as KongConfiguration['services'];
  for (const route of lists.routes as { service: unknown }[]) {
    route.service = services[route.service as number];
  }
  const unpacked = lists as unknown as KongConfiguration;
  return whole
    ? { configuration: unpacked, ...findings }
    : { configuration: undefined, remainder: unpacked, ...findings };
}

function piecesOf(configuration: KongConfiguration): Uint8Array<ArrayBuffer>[] {
  const { services, routes, ...others } = configuration;
  const numbers = new Map(services.map((service, number) => [service, number]));
  const numbered = routes.map((route) => ({
    ...route,
    service: route.service && numbers.get(route.service),
  }));
  const lists = { services, routes: numbered, ...others } satisfies Record<
    keyof KongConfiguration,
    readonly object[] | readonly NumberedRoute[]
  >;
  return Object.entries(lists).flatMap(([list, entities]) =>
    slices(entities).map((slice) => {
      const secrets: Piece['secrets'][number][] = [];
      gatherSecrets(slice, secrets);
      // A copy of its own: small ones share their memory with others, which cannot be handed over.
      return new Uint8Array(serialize({ list, entities: slice, secrets }));
    }),
  );
}

type NumberedRoute = Omit<KongRoute, 'service'> & { readonly service: number | undefined };

function slices(entities: readonly object[]): object[][] {
  const count = Math.ceil(entities.length / PIECE_ENTITIES);
  return Array.from({ length: count }, (_, i) =>
    entities.slice(i * PIECE_ENTITIES, (i + 1) * PIECE_ENTITIES),
  );
}

function gatherSecrets(value: object, secrets: Piece['secrets'][number][]): void {
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (member instanceof SecretText) {
      secrets.push([value as Record<string, unknown>, name, member.reveal()]);
    } else if (typeof member === 'object' && member !== null) gatherSecrets(member, secrets);
  }
}
