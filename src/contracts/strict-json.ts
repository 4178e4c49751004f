import { isUtf8 } from 'node:buffer';
import { readNames } from './json-names.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** How deep the objects and lists of a token may be nested. */
export const DEPTH_LIMIT = 32;

/**
 * Reads a JSON object, but refuses what two readers could understand differently: a name that stands twice in one
 * object, a name that begins with a quote, backslash or control character, bytes that are not UTF-8, and nesting beyond
 * {@link DEPTH_LIMIT}. The object comes back frozen all the way down; `undefined` when it is refused.
 */
export function parseStrictObject(bytes: Buffer): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const names = readNames(text);
  if (names === undefined) return undefined;
  const meant = names.text === text ? value : (parse(names.text) as object);
  // A name that stands twice loses a member: then the text has more members than the value.
  return freezeAndCount(meant, 1) === names.members ? (meant as JsonObject) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Freezes a value and counts the members of its objects; NaN, which equals nothing, when it is nested too deep. */
function freezeAndCount(value: object, depth: number): number {
  if (depth > DEPTH_LIMIT) return Number.NaN;
  const inner = Object.values(value);
  let members = Array.isArray(value) ? 0 : inner.length;
  for (const child of inner) {
    if (typeof child === 'object' && child !== null) members += freezeAndCount(child, depth + 1);
  }
  Object.freeze(value);
  return members;
}
