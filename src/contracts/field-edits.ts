/**
 * Changes to a list of header fields, query parameters or fields of a body.
 *
 * They apply in this order, whatever order they are written in (Kong's request-transformer has the same):
 * remove, rename, set, replace, add, append. A value may hold places to fill, such as `$(uuid)`.
 */
export interface FieldEdits {
  /** Every field of the name goes. */
  readonly remove?: readonly string[];
  /** Every field of the name gets the other name, in place of those that had it: `{ 'X-Old': 'X-New' }`. */
  readonly rename?: Readonly<Record<string, string>>;
  /** The field stands once, with this value. */
  readonly set?: Readonly<Record<string, string>>;
  /** The same, but only when the name is there. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Only when the name is absent. */
  readonly add?: Readonly<Record<string, string>>;
  /** One more field of the name; a list appends several. */
  readonly append?: Readonly<Record<string, string | readonly string[]>>;
}

/** The verbs that write a value, in the order they apply. */
export const WRITING_VERBS = ['set', 'replace', 'add', 'append'] as const;

/** What one verb writes: names and values, a name once for each of its values. */
export function writtenFields(
  edits: FieldEdits,
  verb: (typeof WRITING_VERBS)[number],
): (readonly [name: string, value: string])[] {
  return Object.entries(edits[verb] ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  );
}

/** The edits in words, for the boot table: `remove cookie`, `set x-tenant`. */
export function editPhrases(
  edits: Readonly<Partial<Record<keyof FieldEdits, object>>> | undefined,
  prefix: string,
): string[] {
  if (edits === undefined) return [];
  return [
    ...((edits.remove ?? []) as readonly string[]).map((name) => `${prefix}remove ${name}`),
    ...Object.entries(edits.rename ?? {}).map(([from, to]) => `${prefix}rename ${from} to ${to}`),
    ...WRITING_VERBS.flatMap((verb) =>
      Object.keys(edits[verb] ?? {}).map((name) => `${prefix}${verb} ${name}`),
    ),
  ];
}

/** How many edits the boot table spells out. */
const SHOWN = 3;

export function shortPhrase(phrases: readonly string[]): string {
  const more = phrases.length - SHOWN;
  return `${phrases.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
