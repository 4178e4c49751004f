/** Something of the exchange that stands in a value. */
export type Place =
  | { readonly kind: 'uuid' }
  /** Lower-case. */
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  /** A path parameter: by its name, or by its number from 1. */
  | { readonly kind: 'capture'; readonly name: string | number };

/**
 * A value with places to fill: literal, place, literal … There is no expression language: Kong's `$(…)` runs Lua, and
 * what is understood of it are the look-ups that need none.
 */
export interface ValueTemplate {
  /** One more than there are places. */
  readonly literals: readonly string[];
  readonly places: readonly Place[];
}

/** Which places a value may hold. */
export type KnownPlaces = 'uuid' | 'all';

/** The places there are, for messages. */
export const PLACES_IN_WORDS: Readonly<Record<KnownPlaces, string>> = {
  uuid: 'only $(uuid) can be filled in',
  all: 'what can be filled in is $(uuid), $(headers.name), $(headers["a-name"]), $(query_params.name), $(uri_captures.name) and $(uri_captures[1])',
};

/** As in Lua: a name behind a dot is an identifier, any other stands in brackets and quotes. */
const PLACE =
  /\$\(\s*(?:(uuid)|(headers|query_params|uri_captures)(?:\.([A-Za-z_]\w*)|\[\s*"([^"\\]+)"\s*\]|\[\s*'([^'\\]+)'\s*\])|uri_captures\[\s*([1-9]\d{0,2})\s*\])\s*\)/g;
const ANY_PLACE = /\$\([^)]*\)/g;

/** `undefined` when the value is the same for every request. */
export function parseTemplate(value: string): ValueTemplate | undefined {
  const literals: string[] = [];
  const places: Place[] = [];
  let from = 0;
  for (const match of value.matchAll(PLACE)) {
    literals.push(value.slice(from, match.index));
    places.push(placeOf(match));
    from = match.index + match[0].length;
  }
  if (places.length === 0) return undefined;
  literals.push(value.slice(from));
  return Object.freeze({ literals: Object.freeze(literals), places: Object.freeze(places) });
}

function placeOf([, uuid, table, dotted, quoted, single, number]: RegExpMatchArray): Place {
  if (uuid !== undefined) return { kind: 'uuid' };
  if (number !== undefined) return { kind: 'capture', name: Number(number) };
  const name = (dotted ?? quoted ?? single) as string;
  if (table === 'headers') return { kind: 'header', name: name.toLowerCase() };
  return { kind: table === 'query_params' ? 'query' : 'capture', name };
}

/**
 * The value with its places filled. What is absent is empty in a longer text; a value that is nothing but one absent
 * place is `undefined`, as it is nil in Kong.
 */
export function fillPlaces(
  { literals, places }: ValueTemplate,
  read: (place: Place) => string | undefined,
): string | undefined {
  if (places.length === 1 && literals[0] === '' && literals[1] === '') return read(places[0] as Place);
  let text = literals[0] as string;
  for (let i = 0; i < places.length; i++) {
    text += (read(places[i] as Place) ?? '') + (literals[i + 1] as string);
  }
  return text;
}

/** The places in a value that nothing fills. */
export function unknownPlaces(value: string, known: KnownPlaces): string[] {
  const rest = value.replace(PLACE, (place, uuid) =>
    known === 'all' || uuid !== undefined ? '\u0000' : place,
  );
  return rest.match(ANY_PLACE) ?? [];
}
