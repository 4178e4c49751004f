/**
 * Changes to a list of header fields or query parameters.
 *
 * They apply in this order, whatever order they are written in (Kong's request-transformer has the same):
 * remove, rename, set, add, append. A value may hold `$(uuid)`.
 */
export interface FieldEdits {
  /** Every field of the name goes. */
  readonly remove?: readonly string[];
  /** Every field of the name gets the other name: `{ 'X-Old': 'X-New' }`. */
  readonly rename?: Readonly<Record<string, string>>;
  /** The field stands once, with this value. */
  readonly set?: Readonly<Record<string, string>>;
  /** Only when the name is absent. */
  readonly add?: Readonly<Record<string, string>>;
  /** One more field of the name. */
  readonly append?: Readonly<Record<string, string>>;
}

/** The verbs that write a value, in the order they apply. */
export const WRITING_VERBS = ['set', 'add', 'append'] as const;

/** The edits in words, for the boot table: `remove cookie`, `set x-tenant`. */
export function editPhrases(edits: FieldEdits | undefined, prefix: string): string[] {
  if (edits === undefined) return [];
  return [
    ...(edits.remove ?? []).map((name) => `${prefix}remove ${name}`),
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
