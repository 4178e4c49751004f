import { Cancellation } from '../../src/contracts/cancellation.js';
import type { AttemptTrace, Target } from '../../src/contracts/forwarder.js';
import type { UpstreamOptions } from '../../src/contracts/upstream-definition.js';
import type { UpstreamResponse } from '../../src/contracts/upstream-response.js';
import { connectTo } from '../../src/proxy/http1/connect-tls.js';
import { Http1Forwarder } from '../../src/proxy/http1/http1.forwarder.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../src/proxy/http1/response-limits.js';
import { TlsIdentity } from '../../src/proxy/http1/tls-identity.js';
import { resolveUpstream } from '../../src/proxy/upstream/resolve-upstream.js';
import type { UpstreamSettings } from '../../src/proxy/upstream/upstream.settings.js';
import { AddressBook, type Lookup } from '../../src/targets/address-book.js';

export interface UpstreamClientParts {
  readonly lookup?: Lookup | undefined;
  /** Milliseconds, as the test has them. Default: the system's clock. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly lookupFailed?: (host: string, cause: Error) => void;
  readonly lookupRecovered?: (host: string) => void;
}

/** The gateway's own client for one upstream as declared, without a gateway around it. */
export class UpstreamClient {
  readonly identity: TlsIdentity | undefined;
  readonly forwarder: Http1Forwarder;
  readonly #settings: UpstreamSettings;

  /** @throws Error that holds every problem of the options */
  constructor(options: UpstreamOptions, parts: UpstreamClientParts = {}) {
    const { settings, problems } = resolveUpstream({ name: 'stock', options }, {});
    if (settings === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
    const { now, random, lookup, ...told } = parts;
    const clock = now === undefined ? {} : { clock: { now, monotonic: now } };
    const { pool, tls, dns } = settings;
    const names = new AddressBook({ ...dns, ...told, ...clock, ...(lookup === undefined ? {} : { lookup }) });
    this.#settings = settings;
    this.identity = tls === undefined ? undefined : new TlsIdentity({ ...tls, ...clock });
    this.forwarder = new Http1Forwarder({
      pool,
      limits: RESPONSE_LIMIT_DEFAULTS,
      connect: connectTo(names, this.identity),
      names,
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
    return this.forwarder.stats().get(this.target.id)?.open ?? 0;
  }

  /** One GET to a target, the first unless said otherwise. */
  get(target = this.target): { readonly answer: Promise<UpstreamResponse>; readonly trace: AttemptTrace } {
    const trace = { reused: false, sent: false, answered: false };
    const request = { method: 'GET', path: '/', headers: ['Host', 'stock'], body: undefined };
    const timeouts = this.#settings.timeouts;
    const answer = this.forwarder.forward(request, target, timeouts, new Cancellation(), trace);
    // The test awaits it later; until then a rejection is not an accident.
    answer.catch(() => {});
    return { answer, trace };
  }

  close(): void {
    this.forwarder.close();
  }
}
