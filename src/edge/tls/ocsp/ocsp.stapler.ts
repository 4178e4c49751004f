import { createHash, type X509Certificate } from 'node:crypto';
import { certificatesIn } from '../../../contracts/pem.js';
import type { ServerCertificate, ServerCertificates } from '../../../contracts/server-certificate.js';
import { factsOf } from './certificate-facts.js';
import { certificateId, ocspRequest } from './ocsp-request.js';
import { type GoodState, goodState } from './ocsp-response.js';

/** Asks a responder. @throws Error when there is no whole answer */
export type AskResponder = (url: string, request: Buffer) => Promise<Buffer>;

export interface OcspStaplerOptions {
  /** `must` fetches for the certificates that demand it, `all` for every one that names a responder. */
  readonly which: 'must' | 'all';
  readonly ask: AskResponder;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Told at each failure: the answer that is there is shown on until its time is over. */
  readonly failed: (source: string, reason: string) => void;
}

/** Responders sign for days; one that fails is asked again soon, and by no more than this. */
const SOONEST_MS = 60_000;
const LATEST_MS = 6 * 3_600_000;

interface Stapled {
  readonly state: GoodState;
  readonly response: Buffer;
}

interface Asked {
  readonly source: string;
  readonly url: string;
  readonly id: Buffer;
  readonly issuer: X509Certificate;
}

/**
 * Keeps what the issuers say of our certificates, fetched beforehand and in the background: no handshake waits for it.
 */
export class OcspStapler {
  readonly #stapled = new Map<string, Stapled>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #wanted: ReadonlyMap<string, Asked> = new Map();

  constructor(readonly options: OcspStaplerOptions) {}

  /** What to show with a certificate, given as DER. */
  readonly stapleOf = (certificate: Buffer): Buffer | undefined => {
    const stapled = this.#stapled.get(keyOf(certificate));
    return stapled !== undefined && stapled.state.nextUpdate > this.options.nowMs()
      ? stapled.response
      : undefined;
  };

  /** Answers for these from now on. Resolves when all are fetched or `patienceMs` are over; the rest goes on. */
  async follow({ fallback, named }: ServerCertificates, patienceMs: number): Promise<void> {
    const wanted = new Map<string, Asked>();
    for (const certificate of new Set([fallback, ...named])) this.#want(certificate, wanted);
    const fresh = [...wanted].filter(([key]) => !this.#wanted.has(key));
    // Shown until the new ones are.
    const gone = [...this.#wanted.keys()].filter((key) => !wanted.has(key));
    this.#wanted = wanted;
    if (fresh.length > 0) await this.#fetchAll(fresh, patienceMs);
    for (const key of gone) this.#forget(key);
  }

  async #fetchAll(fresh: readonly (readonly [string, Asked])[], patienceMs: number): Promise<void> {
    const fetched = Promise.all(fresh.map(([key, asked]) => this.#fetch(key, asked)));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([fetched, late]);
    clearTimeout(timer);
  }

  stop(): void {
    for (const key of this.#wanted.keys()) this.#forget(key);
    this.#wanted = new Map();
  }

  #want({ source, chain }: ServerCertificate, wanted: Map<string, Asked>): void {
    const [leaf, ...others] = certificatesIn(chain) ?? [];
    if (leaf === undefined) return;
    try {
      const { mustStaple, responder } = factsOf(leaf);
      if (!mustStaple && (this.options.which === 'must' || responder === undefined)) return;
      const issuer = others.find((other) => leaf.checkIssued(other));
      if (responder === undefined) throw new Error('it names no responder');
      if (issuer === undefined) throw new Error('the certificate of its issuer is not behind it in the file');
      wanted.set(keyOf(leaf.raw), { source, url: responder, id: certificateId(leaf, issuer), issuer });
    } catch (error) {
      this.options.failed(source, (error as Error).message);
    }
  }

  async #fetch(key: string, asked: Asked): Promise<void> {
    const { ask, nowMs, failed } = this.options;
    let waitMs = SOONEST_MS;
    try {
      const response = await ask(asked.url, ocspRequest(asked.id));
      const state = goodState(response, asked.id, asked.issuer, nowMs());
      if (this.#wanted.get(key) !== asked) return;
      this.#stapled.set(key, { state, response });
      waitMs = untilRefresh(state, nowMs());
    } catch (error) {
      failed(asked.source, (error as Error).message);
    }
    if (this.#wanted.get(key) === asked) this.#timers.set(key, this.#later(key, asked, waitMs));
  }

  #later(key: string, asked: Asked, waitMs: number): NodeJS.Timeout {
    return setTimeout(() => void this.#fetch(key, asked), waitMs).unref();
  }

  #forget(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#stapled.delete(key);
  }
}

/** Half of the time that is left: the other half is for responders that are down. */
function untilRefresh({ nextUpdate }: GoodState, nowMs: number): number {
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, (nextUpdate - nowMs) / 2));
}

const keyOf = (der: Buffer): string => createHash('sha256').update(der).digest('base64');
