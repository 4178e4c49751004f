import { checkHeaderName } from '../../../contracts/forward-call.js';
import { nearestName, show } from '../../../contracts/option-check.js';
import { PLACE_KINDS, placeOf } from '../credentials/credential-place.js';

/** One place where a key may stand: a header, a query parameter or a cookie, by name. */
export type ApiKeySource =
  | { readonly header: string }
  | { readonly query: string }
  | { readonly cookie: string };

/** Fields that mean something else, so that a key in them would be read, or taken out, by mistake. */
const TAKEN = new Set(['authorization', 'proxy-authorization', 'cookie', 'host', 'forwarded', 'expect']);

/** RFC 6265, section 4.1.1: a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Mistakes in a list of sources, in plain words. */
export function sourceProblems(sources: readonly unknown[], path: string): readonly string[] {
  const seen = new Set<string>();
  return sources.flatMap((source, at) => {
    const where = `${path}[${at}]`;
    const problem = problemOf(source, where);
    if (problem !== undefined) return [problem];
    const { kind, name } = placeOf(source as ApiKeySource);
    const key = `${kind} ${kind === 'header' ? name.toLowerCase() : name}`;
    if (seen.has(key)) return [`${where} names the ${kind} ${name} once more; keep one.`];
    seen.add(key);
    return [];
  });
}

function problemOf(source: unknown, where: string): string | undefined {
  const members = typeof source === 'object' && source !== null ? Object.entries(source) : [];
  const [place, name] = members[0] ?? [];
  if (members.length !== 1 || typeof name !== 'string' || name === '') {
    return `${where} is ${show(source)}; must name one place, as in { header: 'X-API-Key' }, { query: 'api_key' } or { cookie: 'key' }.`;
  }
  switch (place) {
    case 'header':
      return headerProblem(name, where);
    case 'query':
      return undefined;
    case 'cookie':
      return TOKEN.test(name)
        ? undefined
        : `${where}.cookie is ${show(name)}; must be a cookie's name (RFC 6265, section 4.1.1).`;
    default: {
      const nearest = nearestName(String(place), PLACE_KINDS);
      const mend = nearest === undefined ? `there are ${PLACE_KINDS.join(', ')}` : `did you mean ${nearest}?`;
      return `${where}.${place} is no place; ${mend}`.replace(/([^.?])$/, '$1.');
    }
  }
}

function headerProblem(name: string, where: string): string | undefined {
  if (TAKEN.has(name.toLowerCase())) {
    return `${where}.header is ${show(name)}, which has a meaning of its own; take another, as X-API-Key.`;
  }
  try {
    checkHeaderName(name);
    return undefined;
  } catch (error) {
    return `${where}.header: ${(error as Error).message}`;
  }
}
