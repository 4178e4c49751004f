import type { KongNamedValue } from '../kong-plugins.js';

/** Kong leaves a value that is nothing out: `name:` and `name` write nothing. */
export const saysSomething = ({ value }: KongNamedValue): boolean => value !== '';

/** Names and values as the gateway's policies have them; of a name that stands twice the first counts. */
export function firstOfEach<Value>(pairs: readonly (readonly [string, Value])[]): Record<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, value] of pairs) if (!values.has(name)) values.set(name, value);
  return Object.fromEntries(values);
}

/** The same; the last counts. */
export function lastOfEach<Value>(pairs: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries(pairs);
}

/** The same; all count, in their order. */
export function allOfEach<Value>(
  pairs: readonly (readonly [string, Value])[],
): Record<string, readonly Value[]> {
  const values = new Map<string, Value[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}

export function pairsOf(items: readonly KongNamedValue[]): (readonly [string, string])[] {
  return items.map(({ name, value }) => [name, value] as const);
}
