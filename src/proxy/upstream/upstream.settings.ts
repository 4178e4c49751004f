import type { Target } from '../../contracts/forwarder.js';
import type { UpstreamProtocol } from '../../contracts/upstream-definition.js';
import type { BreakerSettings } from '../../resilience/breaker.options.js';
import type { RetrySettings } from '../../resilience/retry.options.js';
import type { TimeoutSettings } from '../../resilience/timeout.options.js';
import type { DnsSettings } from './dns.options.js';
import type { PoolSettings } from './pool.options.js';
import type { TlsSettings } from './tls.options.js';

/** An upstream as declared, checked, with every default filled in. */
export interface UpstreamSettings {
  readonly name: string;
  readonly targets: readonly Target[];
  readonly protocol: UpstreamProtocol;
  readonly timeouts: TimeoutSettings;
  /** `undefined` when it is switched off. */
  readonly breaker: BreakerSettings | undefined;
  /** `undefined` when they are switched off. */
  readonly retry: RetrySettings | undefined;
  readonly pool: PoolSettings;
  /** `undefined` when no target asks for TLS. */
  readonly tls: TlsSettings | undefined;
  readonly dns: DnsSettings;
  /** The options of http-proxy-middleware; `undefined` for the built-in client. */
  readonly proxy: object | undefined;
  readonly critical: boolean;
}
