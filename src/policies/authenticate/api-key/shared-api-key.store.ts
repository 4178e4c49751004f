import { BoundedMemory } from '../../../contracts/bounded-memory.js';
import type { Clock } from '../../../contracts/clock.js';
import { GatewayError } from '../../../contracts/gateway-error.js';
import type { SharedState } from '../../../contracts/shared-state.js';
import type { ConsumerDirectory } from '../consumers/consumer.directory.js';
import type { ApiKeyStore, HeldKey } from './api-key.store.js';
import type { ApiKeySettings } from './api-key.stores.js';
import { readSharedKey } from './shared-key.js';

/** What a digest stands behind in Redis. */
export const SHARED_KEY_PREFIX = 'portcullis:api-key:';

/** Of each kind: some 10 MB together when both are full. */
const MEMORY_ENTRIES = 10_000;
/** So long a key that was just created may still be refused; less where keys are remembered for less. */
const UNKNOWN_MS = 2_000;

interface Remembered {
  readonly held: HeldKey;
  readonly askedAt: number;
}

/**
 * Looks keys up in the shared state, and remembers for a while what it said: keys for `cacheMs`, that there is no such
 * key for two seconds. While nobody can be asked, a remembered key holds up to `staleMs`; whoever shows another is
 * told that credentials cannot be verified now.
 *
 * Keys and digests without a key are remembered apart, so that guesses push no key out.
 */
export class SharedApiKeyStore implements ApiKeyStore {
  readonly #known = new BoundedMemory<Remembered>(MEMORY_ENTRIES);
  readonly #unknown = new BoundedMemory<number>(MEMORY_ENTRIES);
  readonly #asking = new Map<string, Promise<HeldKey | undefined>>();

  constructor(
    private readonly state: SharedState,
    private readonly consumers: ConsumerDirectory,
    private readonly clock: Clock,
    private readonly settings: Pick<ApiKeySettings, 'cacheMs' | 'staleMs'>,
  ) {}

  /** How many entries are remembered, of both kinds. */
  get remembered(): number {
    return this.#known.size + this.#unknown.size;
  }

  find(digest: string): HeldKey | undefined | Promise<HeldKey | undefined> {
    const now = this.clock.monotonic();
    const known = this.#known.get(digest);
    if (known !== undefined && now - known.askedAt < this.settings.cacheMs) return known.held;
    const unknownAt = this.#unknown.get(digest);
    if (unknownAt !== undefined && now - unknownAt < Math.min(UNKNOWN_MS, this.settings.cacheMs))
      return undefined;
    return this.#asking.get(digest) ?? this.#ask(digest);
  }

  #ask(digest: string): Promise<HeldKey | undefined> {
    const asked = this.#look(digest).finally(() => this.#asking.delete(digest));
    this.#asking.set(digest, asked);
    return asked;
  }

  async #look(digest: string): Promise<HeldKey | undefined> {
    let text: string | undefined;
    try {
      text = await this.state.get(SHARED_KEY_PREFIX + digest);
    } catch (cause) {
      const known = this.#known.get(digest);
      if (known !== undefined && this.clock.monotonic() - known.askedAt < this.settings.staleMs)
        return known.held;
      throw unavailable(cause);
    }
    const now = this.clock.monotonic();
    if (text === undefined) {
      this.#known.delete(digest);
      this.#unknown.set(digest, now);
      return undefined;
    }
    const held = readSharedKey(text, digest, this.consumers);
    // Not a refusal: the key may well be a good one, and somebody must mend its record.
    if (typeof held === 'string') throw unavailable(new Error(held));
    this.#unknown.delete(digest);
    this.#known.set(digest, { held, askedAt: now });
    return held;
  }
}

function unavailable(cause: unknown): GatewayError {
  return new GatewayError('identity-unavailable', {
    detail: 'API keys cannot be verified at the moment.',
    cause,
    policy: 'authenticate',
  });
}
