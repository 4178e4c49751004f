import type { Clock } from '../../../contracts/clock.js';
import type { JwkKey } from './jwk.js';
import { KeySet } from './key-set.js';
import { discoverKeyAddress, fetchKeySet } from './key-set-fetch.js';
import type { KeySetObserver } from './key-set-observer.js';
import type { KeySource } from './key-source.js';
import { type KeyKeeper, VerificationKey } from './verification-key.js';

/** An issuer's published keys and how they are kept. */
export interface RemoteKeys {
  /** Where they are; `undefined` asks the issuer (`discovery`). */
  readonly jwksUri: string | undefined;
  /** Who is asked where they are. */
  readonly discovery: string | undefined;
  readonly refreshMs: number;
  readonly staleMs: number;
  readonly cooldownMs: number;
  readonly fetchTimeoutMs: number;
}

/** How long an issuer is believed about where its keys are. */
const DISCOVERY_LIFETIME_MS = 24 * 3_600_000;

/**
 * The keys that an issuer publishes, as they were last seen.
 *
 * - One look at a time, and none before `cooldownMs` have passed since the last began, whoever asks and why.
 * - A look is due after `refreshMs`, or sooner if the answer says so. Nobody waits for it: the keys stay in use.
 * - A look that fails changes nothing; from `staleMs` after the last good one on there are no keys.
 * - Keys that are gone from the set are retired, and with them every token they verified.
 */
export class RemoteKeySet implements KeySource, KeyKeeper {
  #keys: KeySet | undefined;
  #loadedAtMs = 0;
  #dueAtMs = 0;
  #address: { readonly url: string; readonly since: number } | undefined;
  /** On the clock that never runs backwards. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly remote: RemoteKeys,
    private readonly clock: Clock,
    private readonly observer: KeySetObserver,
  ) {}

  usableAt(nowMs: number): KeySet | undefined {
    return this.holdsAt(nowMs) ? this.#keys : undefined;
  }

  holdsAt(nowMs: number): boolean {
    return (nowMs < this.#dueAtMs && nowMs >= this.#loadedAtMs) || this.#holdsOverdue(nowMs);
  }

  refresh(): Promise<void> | undefined {
    if (this.#underWay !== undefined) return this.#underWay;
    const now = this.clock.monotonic();
    if (this.#stopped || now - this.#lookedAt < this.remote.cooldownMs) return undefined;
    this.#lookedAt = now;
    this.#underWay = this.#look();
    return this.#underWay;
  }

  retryAfterSeconds(): number {
    const waitMs = this.remote.cooldownMs - (this.clock.monotonic() - this.#lookedAt);
    return Math.max(1, Math.ceil(waitMs / 1_000));
  }

  /** No look is taken any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #holdsOverdue(nowMs: number): boolean {
    if (this.#keys === undefined) return false;
    void this.refresh();
    // Before the last look the wall clock was set back: that makes the keys no older.
    return nowMs - this.#loadedAtMs < this.remote.staleMs;
  }

  async #look(): Promise<void> {
    const { remote, clock, observer } = this;
    const lookedAtMs = clock.now();
    let nextMs = remote.cooldownMs;
    try {
      const { keys, maxAgeMs } = await this.#fetch();
      this.#replace(keys);
      nextMs = Math.min(Math.max(maxAgeMs ?? remote.refreshMs, remote.cooldownMs), remote.refreshMs);
      this.#loadedAtMs = lookedAtMs;
      this.#dueAtMs = lookedAtMs + nextMs;
      if (this.#failing) observer.recovered(this.#name);
      this.#failing = false;
    } catch (error) {
      // The issuer may have moved its keys.
      this.#address = undefined;
      if (!this.#failing) observer.failing(this.#name, (error as Error).message);
      this.#failing = true;
    }
    this.#underWay = undefined;
    if (!this.#stopped) this.#timer = setTimeout(() => void this.refresh(), nextMs).unref();
  }

  async #fetch() {
    const { jwksUri, discovery, fetchTimeoutMs } = this.remote;
    if (jwksUri !== undefined) return fetchKeySet(jwksUri, fetchTimeoutMs);
    const began = this.clock.monotonic();
    if (this.#address === undefined || began - this.#address.since > DISCOVERY_LIFETIME_MS) {
      const url = await discoverKeyAddress(discovery as string, fetchTimeoutMs);
      this.#address = { url, since: began };
    }
    // Both together take no longer than one may.
    const left = Math.max(1, Math.floor(fetchTimeoutMs - (this.clock.monotonic() - began)));
    return fetchKeySet(this.#address.url, left);
  }

  /** A key that is still there stays the same object, so that what it proved stays remembered. */
  #replace(keys: readonly JwkKey[]): void {
    const before = new Map(this.#keys?.keys.map((key) => [key.fingerprint, key]));
    const now = new Map<string, VerificationKey>();
    for (const { key, algorithms, keyId } of keys) {
      const made = new VerificationKey(key, algorithms, keyId, this);
      now.set(made.fingerprint, before.get(made.fingerprint) ?? made);
    }
    this.#keys = new KeySet([...now.values()]);
    for (const [fingerprint, key] of before) if (!now.has(fingerprint)) key.retire();
  }

  get #name(): string {
    return this.remote.jwksUri ?? (this.remote.discovery as string);
  }
}
