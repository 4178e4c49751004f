import { Cancellation } from '../../src/contracts/cancellation.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../src/contracts/forwarder.js';
import type { UpstreamOptions } from '../../src/contracts/upstream-definition.js';
import type { UpstreamRequest } from '../../src/contracts/upstream-request.js';
import type { UpstreamResponse } from '../../src/contracts/upstream-response.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../src/proxy/http1/response-limits.js';
import { TlsIdentity } from '../../src/proxy/http1/tls-identity.js';
import { builtInForwarder } from '../../src/proxy/upstream/built-in.forwarder.js';
import { resolveUpstream } from '../../src/proxy/upstream/resolve-upstream.js';
import type { UpstreamSettings } from '../../src/proxy/upstream/upstream.settings.js';
import { AddressBook } from '../../src/targets/address-book.js';
import type { Lookup } from '../../src/targets/lookup.js';

export interface UpstreamClientParts {
  readonly lookup?: Lookup | undefined;
  /** Milliseconds, as the test has them. Default: the system's clock. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly lookupFailed?: (host: string, cause: Error) => void;
  readonly lookupRecovered?: (host: string) => void;
}

/** A request under way. */
export interface SentRequest {
  readonly answer: Promise<UpstreamResponse>;
  readonly trace: AttemptTrace;
  readonly cancellation: Cancellation;
}

/** The gateway's own client for one upstream as declared, without a gateway around it. */
export class UpstreamClient {
  readonly identity: TlsIdentity | undefined;
  readonly forwarder: Forwarder;
  readonly #settings: UpstreamSettings;

  /** @throws Error that holds every problem of the options */
  constructor(options: UpstreamOptions, parts: UpstreamClientParts = {}) {
    const { settings, problems } = resolveUpstream({ name: 'stock', options }, {});
    if (settings === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
    const { now, random, lookup, ...told } = parts;
    const clock = now === undefined ? {} : { clock: { now, monotonic: now } };
    const { tls, dns } = settings;
    const names = new AddressBook({ ...dns, ...told, ...clock, ...(lookup === undefined ? {} : { lookup }) });
    this.#settings = settings;
    this.identity = tls === undefined ? undefined : new TlsIdentity({ ...tls, ...clock });
    this.forwarder = builtInForwarder(settings, {
      limits: RESPONSE_LIMIT_DEFAULTS,
      names,
      identity: this.identity,
      ...clock,
      ...(random === undefined ? {} : { random }),
    });
  }

  get targets(): readonly Target[] {
    return this.#settings.targets;
  }

  get target(): Target {
    return this.targets[0] as Target;
  }

  /** Connections to the first target, busy and idle. */
  get connections(): number {
    const pool = this.forwarder.stats?.().get(this.target.id);
    return pool === undefined ? 0 : pool.busy + pool.idle;
  }

  /** One GET to a target, the first unless said otherwise. */
  get(target = this.target): SentRequest {
    return this.send({}, target);
  }

  /** A request, a GET of `/` unless said otherwise. */
  send(
    request: Partial<UpstreamRequest>,
    target = this.target,
    timeouts: Partial<AttemptTimeouts> = {},
  ): SentRequest {
    const trace: AttemptTrace = { reused: false, sent: false, answered: false };
    const cancellation = new Cancellation();
    const whole = { method: 'GET', path: '/', headers: ['Host', 'stock'], body: undefined, ...request };
    const clocks = { ...this.#settings.timeouts, ...timeouts };
    const answer = this.forwarder.forward(whole, target, clocks, cancellation, trace);
    // The test awaits it later; until then a rejection is not an accident.
    answer.catch(() => {});
    return { answer, trace, cancellation };
  }

  close(): void {
    this.forwarder.close();
  }
}
