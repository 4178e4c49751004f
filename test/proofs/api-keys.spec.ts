import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { digestOfApiKey, newApiKey } from '../../src/contracts/api-key-text.js';
import { Exchange } from '../../src/contracts/exchange.js';
import type { SharedState } from '../../src/contracts/shared-state.js';
import { ApiKeyFactory } from '../../src/policies/authenticate/api-key/api-key.factory.js';
import {
  API_KEY_SETTINGS_DEFAULTS,
  ApiKeyStores,
} from '../../src/policies/authenticate/api-key/api-key.stores.js';
import type { AuthenticationMethod, Outcome } from '../../src/policies/authenticate/authentication-method.js';
import { ConsumerDirectory } from '../../src/policies/authenticate/consumers/consumer.directory.js';
import { ConsumerSources } from '../../src/policies/authenticate/consumers/consumer.sources.js';
import { Refusal } from '../../src/policies/authenticate/refusal.js';
import { LIMIT_MS, LONG } from '../support/proof-size.js';

const KEY = newApiKey();

/** A method that knows one key, in its own list or in the shared state. */
function methodOf(state?: SharedState): AuthenticationMethod {
  const directory = new ConsumerDirectory();
  const keys = [{ id: 'k', digest: `sha256:${digestOfApiKey(KEY)}` }];
  new ConsumerSources(directory, { declared: [{ id: 'acme', apiKeys: keys }] });
  const stores = new ApiKeyStores(directory, API_KEY_SETTINGS_DEFAULTS, state);
  return new ApiKeyFactory(stores).create({ store: state === undefined ? 'memory' : 'redis' });
}

function exchangeWith(key: string): Exchange {
  const req = { rawHeaders: ['Host', 'gw', 'X-API-Key', key] } as unknown as IncomingMessage;
  return new Exchange(req, {} as ServerResponse, 'GET', '/', '', '127.0.0.1', 'id', 0, undefined);
}

const PREFIXES = 32;
const SAMPLES = 10_000;
/** Another process may take the processor from ours in one try, hardly in each of them. */
const TRIES = 5;

/** How the time of a call grows with each byte that its text has in common with the right one. */
interface Slope {
  /** Nanoseconds from none to all of the bytes. */
  readonly total: number;
  /** How many standard errors that is away from nothing. */
  readonly deviations: number;
}

/** The slope of a call's median time over texts that are right in their first 0–31 bytes. */
function slopeOf(call: (text: string) => unknown): Slope {
  const times = Array.from({ length: PREFIXES }, () => new Float64Array(SAMPLES));
  for (let sample = -SAMPLES / 10; sample < SAMPLES; sample++) {
    const noise = randomBytes(KEY.length).toString('hex');
    for (let turn = 0; turn < PREFIXES; turn++) {
      // Each length comes as often behind every other: what drifts, drifts for all.
      const equal = (turn * 11 + sample + PREFIXES * SAMPLES) % PREFIXES;
      const wrong = KEY[equal] === '!' ? '?' : '!';
      // Flat, as from a socket: V8 would put the pieces together within the call, and those differ.
      const text = flat(KEY.slice(0, equal) + wrong + noise.slice(equal + 1, KEY.length));
      const startedAt = process.hrtime.bigint();
      call(text);
      const ns = Number(process.hrtime.bigint() - startedAt);
      // The first are for the compiler.
      if (sample >= 0) (times[equal] as Float64Array)[sample] = ns;
    }
  }
  return fitted(times.map((each) => each.sort()[SAMPLES / 2] as number));
}

const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** Least squares. */
function fitted(values: readonly number[]): Slope {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, _, x) => sum + (x - middle) ** 2, 0);
  const slope = values.reduce((sum, value, x) => sum + (x - middle) * (value - mean), 0) / spread;
  const rest = values.reduce((sum, value, x) => sum + (value - mean - slope * (x - middle)) ** 2, 0);
  const error = Math.sqrt(rest / (values.length - 2) / spread);
  return { total: slope * (values.length - 1), deviations: slope / Math.max(error, 1e-9) };
}

/** As keys must not be compared. */
function careless(text: string): boolean {
  for (let i = 0; i < KEY.length; i++) if (text.charCodeAt(i) !== KEY.charCodeAt(i)) return false;
  return true;
}

describe('API keys', () => {
  /** Less than a byte compared would take, all in all. */
  const NOTHING_NS = 15;
  const CHANCE = 4.5;

  it(
    '[61] take as long to refuse however many of their first 31 bytes are right',
    () => {
      const method = methodOf();
      const exchanges = (text: string): Exchange => exchangeWith(text);
      const slopes: Slope[] = [];
      for (let i = 0; i < TRIES; i++) {
        const slope = slopeOf((text) => method.authenticate(exchanges(text)));
        slopes.push(slope);
        if (Math.abs(slope.total) < NOTHING_NS || Math.abs(slope.deviations) < CHANCE) break;
      }
      const last = slopes.at(-1) as Slope;
      console.log(
        `API keys: ${last.total.toFixed(1)} ns over 31 bytes, ${last.deviations.toFixed(1)} deviations`,
      );

      expect(slopes.length).toBeLessThanOrEqual(TRIES);
      expect(Math.min(Math.abs(last.total) / NOTHING_NS, Math.abs(last.deviations) / CHANCE)).toBeLessThan(1);
      expect(method.authenticate(exchangeWith(KEY))).toMatchObject({ credential: 'k' });
    },
    LIMIT_MS,
  );

  it(
    '[61] would be seen to take longer if they were compared byte by byte',
    () => {
      let seen: Slope = { total: 0, deviations: 0 };
      for (let i = 0; i < TRIES && !(seen.total > NOTHING_NS && seen.deviations > CHANCE); i++)
        seen = slopeOf(careless);
      console.log(
        `byte by byte: ${seen.total.toFixed(1)} ns over 31 bytes, ${seen.deviations.toFixed(1)} deviations`,
      );

      expect(seen.total).toBeGreaterThan(NOTHING_NS);
      expect(seen.deviations).toBeGreaterThan(CHANCE);
    },
    LIMIT_MS,
  );

  it('[65] of a megabyte are refused without even being hashed', () => {
    const method = methodOf();
    const huge = exchangeWith('k'.repeat(1_048_576));
    const times = Array.from({ length: 20 }, () => {
      const startedAt = performance.now();
      expect(method.authenticate(huge)).toBeInstanceOf(Refusal);
      return performance.now() - startedAt;
    });

    expect(Math.min(...times)).toBeLessThan(0.2);
  });

  const KEYS = LONG ? 1_000_000 : 100_000;
  const RISE_LIMIT_BYTES = 4 * 1024 * 1024;

  it.each<[string, SharedState | undefined]>([
    ['of the process', undefined],
    ['of Redis', { get: async () => undefined, partOf: () => '', run: async () => undefined }],
  ])(
    `[64] ${KEYS} random ones leave no memory behind, with the keys %s`,
    async (_, state) => {
      const method = methodOf(state);
      const refuse = async (count: number): Promise<number> => {
        let refused = 0;
        for (let i = 0; i < count; i++) {
          const outcome: Outcome = await method.authenticate(
            exchangeWith(randomBytes(24).toString('base64url')),
          );
          if (outcome instanceof Refusal) refused++;
        }
        return refused;
      };
      // As many as fill whatever remembers them.
      await refuse(30_000);
      const before = inUse();

      const refused = await refuse(KEYS);
      const rise = inUse() - before;
      console.log(`${KEYS} random keys: ${(rise / 1024).toFixed(0)} KiB`);

      expect(refused).toBe(KEYS);
      expect(rise).toBeLessThan(RISE_LIMIT_BYTES);
    },
    LIMIT_MS,
  );
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function inUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
