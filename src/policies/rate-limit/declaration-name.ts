type Class = abstract new (...args: never[]) => unknown;

const names = new WeakMap<Class, string>();
const taken = new Map<string, number>();

/**
 * A name for a class that is its own, also where two modules have a class of the same name.
 *
 * Instances of one build name their classes alike, so that a store they share counts them together.
 */
export function declarationName(declaring: Class, method?: string): string {
  let name = names.get(declaring);
  if (name === undefined) {
    const before = taken.get(declaring.name) ?? 0;
    taken.set(declaring.name, before + 1);
    name = before === 0 ? declaring.name : `${declaring.name}#${before + 1}`;
    names.set(declaring, name);
  }
  return method === undefined ? name : `${name}.${method}`;
}
