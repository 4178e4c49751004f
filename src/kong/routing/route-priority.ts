/** What of a route's part decides which of several that match takes a request, from the most to the least significant. */
export interface RoutePriority {
  /** How many kinds of matchers it has, of seven. */
  readonly kinds: number;
  /** It has hosts, and none of them has a wildcard. */
  readonly plainHosts: boolean;
  /** Names of headers. */
  readonly headers: number;
  readonly regex: boolean;
  /** 0 for prefixes. */
  readonly regexPriority: number;
  /** 0 for regexes. */
  readonly prefixLength: number;
}

/** Kong keeps this number in eight bits. */
export const MAX_HEADERS = 255;

/** Negative when the first of the two is asked first. */
export function comparePriority(a: RoutePriority, b: RoutePriority): number {
  return (
    b.kinds - a.kinds ||
    Number(b.plainHosts) - Number(a.plainHosts) ||
    b.headers - a.headers ||
    Number(b.regex) - Number(a.regex) ||
    b.regexPriority - a.regexPriority ||
    b.prefixLength - a.prefixLength
  );
}
