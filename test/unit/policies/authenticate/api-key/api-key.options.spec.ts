import { describe, expect, it } from 'vitest';
import { newApiKey } from '../../../../../src/contracts/api-key-text.js';
import { ApiKeyFactory } from '../../../../../src/policies/authenticate/api-key/api-key.factory.js';
import {
  type ApiKeyOptions,
  apiKey,
} from '../../../../../src/policies/authenticate/api-key/api-key.options.js';
import { ApiKeyStores } from '../../../../../src/policies/authenticate/api-key/api-key.stores.js';
import { ConsumerDirectory } from '../../../../../src/policies/authenticate/consumers/consumer.directory.js';

const factory = new ApiKeyFactory(new ApiKeyStores(new ConsumerDirectory()));
const problemsOf = (options: object): readonly string[] => factory.check(options as ApiKeyOptions);

describe('apiKey()', () => {
  it('is data alone, and describes itself', () => {
    const declared = apiKey({ in: [{ header: 'X-Key' }, { query: 'k' }], forward: true });

    expect(JSON.parse(JSON.stringify(declared))).toEqual(declared);
    expect(factory.describe(declared.options)).toBe('api key in header X-Key or query k, forwarded');
    expect(factory.describe({})).toBe('api key in header X-API-Key');
    expect(problemsOf(declared.options)).toEqual([]);
  });

  it.each<[object, string]>([
    [{ forwards: true }, 'api-key.forwards is not an option; did you mean api-key.forward?'],
    [{ forward: 1 }, 'api-key.forward is 1; must be true or false.'],
    [{ realm: 'a"b' }, 'api-key.realm is "a\\"b"; must be printable ASCII without quotes and backslashes.'],
    [{ store: 'mongo' }, 'api-key.store is "mongo"; must be `memory` or `redis`.'],
    [
      { store: 'redis' },
      'API keys are looked up in Redis, but REDIS_URL is not set; set it, or take the store `memory`.',
    ],
    [{ in: [] }, "api-key.in is []; must be a list of places, as in [{ header: 'X-API-Key' }]."],
    [{ in: 'header' }, 'api-key.in is "header"; must be a list of places'],
    [{ in: [{}] }, 'api-key.in[0] is {}; must name one place'],
    [{ in: [{ header: 'a', query: 'b' }] }, 'must name one place'],
    [{ in: [null] }, 'api-key.in[0] is null; must name one place'],
    [{ in: [{ headers: 'a' }] }, 'api-key.in[0].headers is no place; did you mean header?'],
    [{ in: [{ header: 'a b' }] }, 'api-key.in[0].header: "a b" is not a header name'],
    [{ in: [{ header: 'Content-Length' }] }, 'Content-Length frames the message'],
    [
      { in: [{ header: 'Authorization' }] },
      'api-key.in[0].header is "Authorization", which has a meaning of its own',
    ],
    [{ in: [{ cookie: 'a=b' }] }, 'api-key.in[0].cookie is "a=b"; must be a cookie\'s name'],
    [{ in: [{ header: 'K' }, { header: 'k' }] }, 'api-key.in[1] names the header k once more; keep one.'],
  ])('says what is wrong with %j', (options, reason) => {
    const problems = problemsOf(options);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(reason);
  });
});

describe('a new API key', () => {
  it('has 43 random letters and a check of them, and no sign that ends a word', () => {
    const keys = new Set(Array.from({ length: 1_000 }, () => newApiKey()));

    expect(keys.size).toBe(1_000);
    for (const key of keys) expect(key).toMatch(/^pk_[0-9A-Za-z]{49}$/);
  });

  it('takes each letter as often as any other', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i++) {
      for (const letter of newApiKey().slice(3, 46)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    const expected = (2_000 * 43) / 62;

    expect(counts.size).toBe(62);
    // Six deviations of a fair draw.
    for (const count of counts.values())
      expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected));
  });

  it('has the same check for the same letters, so that a scanner can test it', () => {
    const zeros = (): string => newApiKey((bytes) => new Uint8Array(bytes));

    expect(zeros()).toBe(zeros());
    expect(zeros().slice(0, 46)).toBe(`pk_${'0'.repeat(43)}`);
    expect(zeros().slice(46)).not.toBe('000000');
  });
});
