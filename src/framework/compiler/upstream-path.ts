import { type PathPattern, parsePathPattern } from '../../routing/path-pattern.js';
import { declaredPaths } from './nest-internals.js';

/**
 * The public prefix of a proxy controller: the registered path without the handler's own part.
 *
 * @returns `undefined` when the path is not this controller's
 */
export function publicPrefix(path: string | undefined, declared: string, method: object): string | undefined {
  if (path === undefined) return undefined;
  const own = `/${trim(declared)}`;
  for (const part of declaredPaths(method) ?? []) {
    const tail = trim(part) === '' ? '' : `/${trim(part)}`;
    if (!path.endsWith(tail)) continue;
    const prefix = path.slice(0, path.length - tail.length);
    if (own === '/' || prefix === own || prefix.endsWith(own)) return prefix === '/' ? '' : prefix;
  }
  return undefined;
}

/** Everything wrong with an `upstreamPath` in place of this prefix, in plain words. */
export function upstreamPathProblems(prefix: string, upstreamPath: string | undefined): readonly string[] {
  if (upstreamPath === undefined) return [];
  const problems: string[] = [];
  if (!upstreamPath.startsWith('/')) {
    problems.push(`upstreamPath is "${upstreamPath}"; it must start with "/".`);
  }
  const plain = parsePathPattern(prefix === '' ? '/' : prefix);
  if (plain === undefined) {
    problems.push(
      `upstreamPath needs a prefix of literals and ":names", and "${prefix}" holds more; write a plain prefix, or leave upstreamPath out.`,
    );
    return problems;
  }
  for (const [, name] of upstreamPath.matchAll(/\/:([^/]+)/g)) {
    if (plain.paramNames.includes(name as string)) continue;
    problems.push(
      `upstreamPath names ":${name}", which the prefix "${prefix}" does not have; add it there, or take it out here.`,
    );
  }
  return problems;
}

/** A route's path as the upstream sees it; `undefined` when the matcher does not compile it. */
export function upstreamPattern(
  path: string,
  prefix: string,
  upstreamPath: string | undefined,
): PathPattern | undefined {
  if (upstreamPath === undefined) return parsePathPattern(path);
  return parsePathPattern(upstreamPath.replace(/\/+$/, '') + path.slice(prefix.length) || '/');
}

const trim = (path: string): string => path.replace(/^\/+|\/+$/g, '');
