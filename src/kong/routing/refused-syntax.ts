/** One thing that regexes with backtracking know, and the regexes here do not. */
interface Refusal {
  readonly fragment: RegExp;
  readonly reason: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    fragment: /^\(\?(<?[=!])/,
    reason:
      'looks ahead or behind, which no engine does in linear time for every text; write what must match; what must not is an entry of its own, among routes one with a higher regex_priority',
  },
  {
    fragment: /^\\([1-9]|k|g)/,
    reason:
      'refers back to a group, which no engine does in linear time; write the alternatives out, or compare in the upstream',
  },
  {
    fragment: /^(\(\?>|[*+?}]\+)/,
    reason:
      "holds on to what it matched, which is not needed where nothing backtracks; use '(?:' or leave the '+' out",
  },
  {
    fragment: /^\(\?\(|^\(\?(R|\d|&|P>|\+\d|-\d)/,
    reason: 'has a condition or calls itself; write the alternatives out',
  },
  { fragment: /^\(\?#/, reason: 'has a comment; put it into the file behind a #' },
];

/** Why a regex is refused, and the mend, from what the parser said of it. */
export function refusedSyntax(description: string, fragment: string | null): string {
  const found = fragment ?? '';
  const refusal = REFUSALS.find((known) => known.fragment.test(found));
  if (refusal !== undefined) return `${refusal.reason} (${shortened(found)})`;
  return `is no regex: ${description}${found === '' ? '' : ` (${shortened(found)})`}; must have the syntax of RE2`;
}

const SHOWN = 40;

function shortened(fragment: string): string {
  return fragment.length > SHOWN ? `${fragment.slice(0, SHOWN)}…` : fragment;
}
