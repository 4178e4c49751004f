import type { DocumentNode } from '../text/document-node.js';
import type { Kind } from './kind.js';
import { FAULT } from './reading.js';

export const yesNo: Kind<boolean> = {
  allowed: 'true or false',
  read: (node, reading) =>
    node.kind === 'scalar' && typeof node.value === 'boolean'
      ? node.value
      : reading.refuse(node, 'true or false, without quotes'),
};

/** A whole number of `least`–`most`. */
export const whole = (least: number, most: number): Kind<number> =>
  numeric(
    `a whole number, ${least}–${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );

/** Any number of `least`–`most`. */
export const decimal = (least: number, most: number): Kind<number> =>
  numeric(`a number, ${least}–${most}`, (value) => value >= least && value <= most);

export const numberAbove = (limit: number): Kind<number> =>
  numeric(`a number above ${limit}`, (value) => Number.isFinite(value) && value > limit);

/** One of a few numbers. */
export const numberOf = <const T extends number>(...numbers: readonly T[]): Kind<T> => {
  const known = new Set<number>(numbers);
  return numeric(`one of ${numbers.join(', ')}`, (value) => known.has(value)) as Kind<T>;
};

/** Whatever stands there; it means nothing here. */
export const anything: Kind<DocumentNode> = { allowed: 'anything', read: (node) => node };

function numeric(allowed: string, sound: (value: number) => boolean): Kind<number> {
  return {
    allowed,
    read(node, reading) {
      const value = node.kind === 'scalar' ? node.value : undefined;
      if (typeof value === 'number' && sound(value)) return value;
      const quoted = typeof value === 'string' && /^[\d.]+$/.test(value);
      return reading.refuse(node, quoted ? `${allowed}, without quotes` : allowed);
    },
  };
}

/** A list of one kind. */
export function listOf<T>(kind: Kind<T>, least = 0): Kind<readonly T[]> {
  const allowed = `a list of ${kind.allowed}`;
  return {
    allowed,
    read(node, reading) {
      if (node.kind !== 'list') return reading.refuse(node, allowed);
      if (node.items.length < least) return reading.refuse(node, `${allowed}, and not empty`);
      const items = node.items.map((item, index) => {
        const at = reading.item(index);
        return item.kind === 'scalar' && item.value === null && !item.fromEnvironment
          ? at.refuse(item, kind.allowed)
          : kind.read(item, at);
      });
      return items.includes(FAULT) ? FAULT : Object.freeze(items as T[]);
    },
  };
}

/** A list in which nothing stands twice. */
export function setOf<T extends string>(kind: Kind<T>, least = 0): Kind<readonly T[]> {
  const list = listOf(kind, least);
  return {
    allowed: list.allowed,
    read(node, reading) {
      const items = list.read(node, reading);
      return items === FAULT ? FAULT : Object.freeze([...new Set(items)]);
    },
  };
}

/** A map from names of one kind to values of another. */
export function mapOf<T>(
  values: Kind<T>,
  nameFault: (name: string) => string | undefined = () => undefined,
): Kind<Readonly<Record<string, T>>> {
  const allowed = `a map of names to ${values.allowed}`;
  return {
    allowed,
    read(node, reading) {
      if (node.kind !== 'map') return reading.refuse(node, allowed);
      const members: [string, T][] = [];
      let sound = true;
      for (const [name, { value }] of node.entries) {
        const at = reading.member(name);
        const fault = nameFault(name);
        const read = fault === undefined ? values.read(value, at) : at.fail(value, fault);
        if (read === FAULT) sound = false;
        else members.push([name, read]);
      }
      return sound ? Object.freeze(Object.fromEntries(members)) : FAULT;
    },
  };
}
