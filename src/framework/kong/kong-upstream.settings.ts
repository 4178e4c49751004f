import type { Target } from '../../contracts/forwarder.js';
import type { KongService, KongUpstream } from '../../kong/kong-configuration.js';
import { resolveDns } from '../../proxy/upstream/dns.options.js';
import { resolvePool } from '../../proxy/upstream/pool.options.js';
import { resolveTls } from '../../proxy/upstream/tls.options.js';
import type { UpstreamSettings } from '../../proxy/upstream/upstream.settings.js';

/** Where the calls of a service go. */
export interface KongUpstreamPlace {
  readonly settings: UpstreamSettings;
  /** The `Host` of every target, in place of its own. */
  readonly host: string | undefined;
  /** How a request comes to its target; `undefined` where they take turns. */
  readonly balance: KongBalance | undefined;
}

/** By what a request shows, or by what is under way. */
export type KongBalance =
  | ({ readonly by: 'hash' } & Pick<KongUpstream, 'hashOn' | 'hashFallback' | 'slots'>)
  | { readonly by: 'load' };

/**
 * The upstream that a service of a Kong file is.
 *
 * Its clocks are Kong's: one for the dial, one for the wait, the longer of the two for silence inside bodies, and none
 * over all attempts. Retries are nginx's: after an error or a timeout, for what was not sent or may be sent twice. There
 * is no breaker. The certificate of an https target is always verified.
 *
 * @param pool the upstream that the service's host names; `undefined` where the host is a host
 * @returns `undefined` where no target takes calls
 */
export function kongUpstreamSettings(
  name: string,
  service: KongService,
  pool: KongUpstream | undefined,
): KongUpstreamPlace | undefined {
  const targets = targetsOf(service, pool);
  if (!targets.some(({ weight }) => weight > 0)) return undefined;
  const host = pool?.hostHeader;
  const {
    connectTimeoutMs: connectMs,
    readTimeoutMs: headersMs,
    writeTimeoutMs,
    retries: attempts,
  } = service;
  const settings: UpstreamSettings = Object.freeze({
    name,
    targets,
    protocol: isGrpc(service) ? 'http2' : 'http1',
    timeouts: Object.freeze({
      connectMs,
      headersMs,
      idleMs: Math.max(headersMs, writeTimeoutMs),
      totalMs: 0,
    }),
    breaker: undefined,
    // A budget that never says no: Kong has none.
    retry: Object.freeze({
      attempts,
      budgetPercent: attempts * 100,
      statuses: [],
      afterTimeout: true,
    } as const),
    pool: resolvePool(undefined),
    tls: tlsOf(name, targets, host),
    dns: resolveDns(),
    proxy: undefined,
    critical: false,
  });
  return { settings, host, balance: balanceOf(pool) };
}

function balanceOf(pool: KongUpstream | undefined): KongBalance | undefined {
  if (pool?.algorithm === 'least-connections') return { by: 'load' };
  if (pool === undefined || pool.hashOn.on === 'none') return undefined;
  const { hashOn, hashFallback, slots } = pool;
  return { by: 'hash', hashOn, hashFallback, slots };
}

function targetsOf(service: KongService, pool: KongUpstream | undefined): readonly Target[] {
  const tls = service.protocol === 'https' || service.protocol === 'grpcs';
  if (pool === undefined) return [targetOf(service.host, service.port, tls, 1)];
  const targets = new Map<string, Target>();
  for (const { host, port, weight } of pool.targets) {
    const target = targetOf(host, port, tls, weight);
    const twin = targets.get(target.id);
    targets.set(target.id, twin === undefined ? target : { ...twin, weight: twin.weight + weight });
  }
  return [...targets.values()];
}

function targetOf(host: string, port: number, tls: boolean, weight: number): Target {
  return Object.freeze({
    id: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    host,
    port,
    tls,
    weight,
  });
}

/** The name that a target is asked for and verified by is the one the upstream is called by. */
function tlsOf(name: string, targets: readonly Target[], host: string | undefined): UpstreamSettings['tls'] {
  const serverName = host?.replace(/:\d+$/, '').toLowerCase();
  const secured = targets.some(({ tls }) => tls);
  const options = serverName === undefined || !secured ? undefined : { serverName };
  return resolveTls(name, options, targets, {}).settings ?? resolveTls(name, undefined, targets, {}).settings;
}

function isGrpc({ protocol }: KongService): boolean {
  return protocol === 'grpc' || protocol === 'grpcs';
}
