/** One place where a client may put a credential: a header, a query parameter or a cookie, by name. */
export type CredentialPlace =
  | { readonly header: string }
  | { readonly query: string }
  | { readonly cookie: string };

export const PLACE_KINDS = ['header', 'query', 'cookie'] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

/** The kind and the name of a place that was found sound. */
export function placeOf(place: CredentialPlace): { readonly kind: PlaceKind; readonly name: string } {
  const [[kind, name]] = Object.entries(place) as [[PlaceKind, string]];
  return { kind, name };
}
