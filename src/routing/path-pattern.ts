/** One segment of a declared path. */
export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'wildcard'; readonly name: string };

/**
 * A declared path that the matcher can compile: literals, whole-segment `:name`, one trailing `*name`.
 * Everything else Express understands (optional groups, partial segments, regexes) is left to Express.
 */
export interface PathPattern {
  readonly path: string;
  readonly segments: readonly PatternSegment[];
  readonly paramNames: readonly string[];
}

const NAME = /^[A-Za-z_$][\w$]*$/;
/** Characters with a meaning in Express's path grammar (path-to-regexp 8). */
const GRAMMAR = /[:*{}()[\]+?!\\"]/;

/** Decoded path parameters by name, as Express hands them out: a wildcard is a list of segments. */
export type PathParams = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The parameter names of a path that only Express can match, in the order they stand. */
export function paramNamesOf(path: string): readonly string[] {
  return [...path.matchAll(/[:*]([A-Za-z_$][\w$]*)/g)].map(([, name]) => name as string);
}

/** The values of parameters in the order of their names; one that is absent is empty. */
export function paramValues(names: readonly string[], params: PathParams): readonly string[] {
  return names.map((name) => {
    const value = params[name];
    return typeof value === 'string' ? value : (value?.join('/') ?? '');
  });
}

/** Reads a path as Express knows it; `undefined` when it holds more than the matcher compiles. */
export function parsePathPattern(path: string): PathPattern | undefined {
  // Express never matches a path that does not start with a slash, or matches it in a way of its own.
  if (!path.startsWith('/')) return undefined;
  const segments: PatternSegment[] = [];
  const texts = path.split('/').slice(1);
  if (texts.at(-1) === '') texts.pop();
  for (const [index, text] of texts.entries()) {
    const segment = parseSegment(text);
    if (segment === undefined) return undefined;
    if (segment.kind === 'wildcard' && index !== texts.length - 1) return undefined;
    segments.push(segment);
  }
  const paramNames = segments.flatMap((segment) => (segment.kind === 'literal' ? [] : [segment.name]));
  if (new Set(paramNames).size !== paramNames.length) return undefined;
  return { path, segments, paramNames };
}

function parseSegment(text: string): PatternSegment | undefined {
  const mark = text[0];
  if (mark === ':' || mark === '*') {
    const name = text.slice(1);
    if (!NAME.test(name)) return undefined;
    return { kind: mark === ':' ? 'param' : 'wildcard', name };
  }
  return text === '' || GRAMMAR.test(text) ? undefined : { kind: 'literal', text };
}

/**
 * Whether a request could match both: a middleware mounted at `prefix` (and everything below it)
 * and a route. Answers true whenever it cannot tell.
 */
export function mayOverlap(prefix: string, route: string): boolean {
  const left = prefix.split('/').filter((text) => text !== '');
  const right = route.split('/').filter((text) => text !== '');
  for (let i = 0; i < left.length; i++) {
    const a = left[i] as string;
    const b = right[i];
    if (b === undefined) return GRAMMAR.test(a) || left.slice(i).some((text) => GRAMMAR.test(text));
    if (GRAMMAR.test(a) || GRAMMAR.test(b)) {
      // A whole-segment parameter is worth one segment, so the comparison may go on; nothing else is so plain.
      if (isParam(a) && isPlainOrParam(b)) continue;
      if (isParam(b) && isPlainOrParam(a)) continue;
      return true;
    }
    // Without case: a mount that ignores case must not be missed.
    if (a.toLowerCase() !== b.toLowerCase()) return false;
  }
  return true;
}

const isParam = (text: string): boolean => text[0] === ':' && NAME.test(text.slice(1));
const isPlainOrParam = (text: string): boolean => isParam(text) || !GRAMMAR.test(text);
