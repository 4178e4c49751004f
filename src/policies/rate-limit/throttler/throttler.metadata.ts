import { SkipThrottle, Throttle } from '@nestjs/throttler';

const FIELDS = ['limit', 'ttl', 'blockDuration', 'getTracker', 'generateKey', 'skip'] as const;
type Field = (typeof FIELDS)[number];

/** What `@Throttle` and `@SkipThrottle` say about one named throttler; `undefined` where they say nothing. */
export type ThrottlerWords = Readonly<Record<Field, unknown>>;

/** Where @nestjs/throttler keeps its metadata: the part of each key before the throttler's name. */
const prefixes = learnPrefixes();

/** The throttlers that `@Throttle` or `@SkipThrottle` name on any of these classes and methods. */
export function namedThrottlers(holders: readonly object[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const holder of holders) {
    for (const key of Reflect.getMetadataKeys(holder) as unknown[]) {
      for (const field of FIELDS) {
        if (typeof key === 'string' && key.startsWith(prefixes[field]))
          names.add(key.slice(prefixes[field].length));
      }
    }
  }
  return names;
}

/** What is said about one throttler, each word by the first holder that says it, as ThrottlerGuard reads it. */
export function throttlerWords(name: string, holders: readonly object[]): ThrottlerWords {
  const read = (field: Field): unknown => {
    for (const holder of holders) {
      const value: unknown = Reflect.getMetadata(prefixes[field] + name, holder);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  return Object.fromEntries(FIELDS.map((field) => [field, read(field)])) as ThrottlerWords;
}

/** The library does not export its keys, so they are read off a class that its own decorators marked. */
function learnPrefixes(): Record<Field, string> {
  class Probe {}
  const name = 'portcullis-probe';
  const words = { limit: 1, ttl: 2, blockDuration: 3, getTracker: () => '', generateKey: () => '' };
  Throttle({ [name]: words })(Probe);
  SkipThrottle({ [name]: true })(Probe);
  const marks: Record<Field, unknown> = { ...words, skip: true };
  const keys = (Reflect.getOwnMetadataKeys(Probe) as unknown[]).filter((key) => typeof key === 'string');
  const learned = FIELDS.map((field) => {
    const key = keys.find((one) => one.endsWith(name) && Reflect.getOwnMetadata(one, Probe) === marks[field]);
    // A limit that is declared and cannot be read would silently not be kept.
    if (key === undefined)
      throw new Error(`@nestjs/throttler keeps "${field}" where it cannot be read; use 6.7.`);
    return [field, key.slice(0, -name.length)];
  });
  return Object.fromEntries(learned) as Record<Field, string>;
}
