import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../../src/contracts/gateway-error.js';
import type { SharedState } from '../../../../../src/contracts/shared-state.js';
import {
  SHARED_KEY_PREFIX,
  SharedApiKeyStore,
} from '../../../../../src/policies/authenticate/api-key/shared-api-key.store.js';
import { ConsumerDirectory } from '../../../../../src/policies/authenticate/consumers/consumer.directory.js';
import { ConsumerSources } from '../../../../../src/policies/authenticate/consumers/consumer.sources.js';
import { Gate } from '../../../../support/gate.js';

const DIGEST = 'a'.repeat(64);
const RECORD = { consumer: { id: 'acme', plan: 'gold' }, id: 'k1', scopes: ['orders:read'] };

/** Shared state in a map, which can be taken down. */
class FakeState implements SharedState {
  readonly texts = new Map<string, string>();
  asked = 0;
  down = false;
  gate: Gate | undefined;

  async get(key: string): Promise<string | undefined> {
    this.asked++;
    await this.gate?.opened;
    if (this.down) throw new Error('gone');
    return this.texts.get(key);
  }

  partOf(): string {
    return '';
  }

  async run(): Promise<never> {
    throw new Error('has nothing to run here');
  }

  put(record: unknown, digest = DIGEST): void {
    this.texts.set(SHARED_KEY_PREFIX + digest, typeof record === 'string' ? record : JSON.stringify(record));
  }
}

function storeOf(consumers: ConsumerDirectory = new ConsumerDirectory()) {
  const state = new FakeState();
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const store = new SharedApiKeyStore(state, consumers, clock, { cacheMs: 10_000, staleMs: 60_000 });
  return {
    state,
    store,
    pass: (ms: number) => {
      now += ms;
    },
    /** The id of the key found, `none`, or the code of the error. */
    find: async (digest = DIGEST): Promise<string> => {
      try {
        return (await store.find(digest))?.record.id ?? 'none';
      } catch (error) {
        return error instanceof GatewayError ? error.code : String(error);
      }
    },
  };
}

describe('API keys in shared state', () => {
  it('are asked for once, until what was said is too old', async () => {
    const { state, find, pass } = storeOf();
    state.put(RECORD);

    const first = await find();
    pass(9_999);
    const remembered = await find();
    const asked = state.asked;
    state.texts.clear();
    pass(1);
    const revoked = await find();

    expect([first, remembered, asked, revoked]).toEqual(['k1', 'k1', 1, 'none']);
  });

  it('are found without waiting while they are remembered', async () => {
    const { state, store } = storeOf();
    state.put(RECORD);
    await store.find(DIGEST);

    const again = store.find(DIGEST);

    expect(again).not.toBeInstanceOf(Promise);
    expect(again).toMatchObject({
      consumer: { id: 'acme', plan: 'gold' },
      record: { id: 'k1', digest: DIGEST, scopes: new Set(['orders:read']) },
    });
  });

  it('that there are none of are not asked for again for two seconds', async () => {
    const { state, find, pass } = storeOf();

    await find();
    state.put(RECORD);
    pass(1_999);
    const still = await find();
    pass(1);
    const known = await find();

    expect([still, known, state.asked]).toEqual(['none', 'k1', 2]);
  });

  it('are asked for once by many requests at the same time', async () => {
    const { state, find } = storeOf();
    state.put(RECORD);
    state.gate = new Gate();

    const all = Array.from({ length: 100 }, () => find());
    state.gate.open();

    expect(new Set(await Promise.all(all))).toEqual(new Set(['k1']));
    expect(state.asked).toBe(1);
  });

  it('hold while nobody can be asked, up to the age that is allowed; others are 503', async () => {
    const { state, find, pass } = storeOf();
    state.put(RECORD);
    await find();
    state.down = true;

    pass(59_999);
    const stale = await find();
    const other = await find('b'.repeat(64));
    pass(1);
    const tooOld = await find();
    state.down = false;
    const back = await find();

    expect([stale, other, tooOld, back]).toEqual([
      'k1',
      'identity-unavailable',
      'identity-unavailable',
      'k1',
    ]);
  });

  it('do not get lost to guesses, and guesses take a bounded room', async () => {
    const { state, store, find } = storeOf();
    state.put(RECORD);
    await find();

    for (let i = 0; i < 25_000; i++) await store.find(i.toString(16).padStart(64, '0'));

    expect(store.remembered).toBe(10_001);
    expect(await find()).toBe('k1');
    expect(state.asked).toBe(25_001);
  });

  it("belong to the consumer of the gateway's own list where there is one of that id", async () => {
    const directory = new ConsumerDirectory();
    new ConsumerSources(directory, { declared: [{ id: 'acme', plan: 'silver', groups: ['partners'] }] });
    const { state, store } = storeOf(directory);
    state.put(RECORD);

    const held = await store.find(DIGEST);

    expect(held?.consumer).toBe(directory.byId('acme'));
  });

  it.each([
    ['no JSON', 'secret-text'],
    ['a member twice', '{"consumer":{"id":"a"},"id":"k","id":"k2"}'],
    ['no consumer', { id: 'k1' }],
    ['no id', { consumer: { id: 'acme' } }],
    ['an unknown member', { ...RECORD, secretMember: 'secret-text' }],
    ['a moment nobody can read', { ...RECORD, expiresAt: 'secret-text' }],
    ['a digest of its own', { ...RECORD, digest: 1, extra: 2 }],
  ])('with a record that has %s are 503, and nothing of it is told', async (_, record) => {
    const { state, store } = storeOf();
    state.put(record);

    const error = await Promise.resolve(store.find(DIGEST)).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'identity-unavailable', policy: 'authenticate' });
    expect((error as Error).cause).toBeInstanceOf(Error);
    expect(`${String((error as Error).cause)} ${(error as Error).message}`).not.toContain('secret-text');
  });
});
