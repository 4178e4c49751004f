import { isDeepStrictEqual } from 'node:util';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { KongConfiguration, KongService } from '../../kong/kong-configuration.js';
import { hashKey } from '../../kong/plan/hash-key.js';
import type { KongBackend, KongBackends } from '../../kong/plan/kong-backends.js';
import { KongRefusal } from '../../kong/plugins/kong-refusal.js';
import type { UpstreamRuntime } from '../../proxy/upstream/upstream.runtime.js';
import { HashRing } from '../../targets/hash-ring.js';
import { LeastLoaded } from '../../targets/least-loaded.js';
import type { DeclaredTerms, UpstreamRegistry } from '../upstream.registry.js';
import { type KongUpstreamPlace, kongUpstreamSettings } from './kong-upstream.settings.js';

interface Running {
  readonly place: KongUpstreamPlace;
  readonly runtime: UpstreamRuntime;
}

/** The services of Kong files at work. One whose settings did not change keeps its connections over a reload. */
export class KongUpstreams {
  #running: ReadonlyMap<string, Running> = new Map();

  constructor(private readonly registry: UpstreamRegistry) {}

  /** Makes what another configuration needs; nothing that runs is touched before it is taken. */
  prepare({ services, upstreams }: KongConfiguration): PreparedUpstreams {
    const pools = new Map(upstreams.map((upstream) => [upstream.name, upstream]));
    return new PreparedUpstreams(
      this.registry,
      this.#running,
      namesOf(services, this.registry),
      (name, service) => kongUpstreamSettings(name, service, pools.get(service.host)),
    );
  }

  /** What is prepared runs from now on, and what it does not need ends behind its last call. */
  take(prepared: PreparedUpstreams): void {
    const before = this.#running;
    this.#running = prepared.running;
    for (const [name, { runtime }] of before) {
      if (this.#running.get(name)?.runtime !== runtime) this.registry.retire(runtime);
    }
  }
}

/** The services of a configuration that is not at work yet. */
export class PreparedUpstreams implements KongBackends {
  readonly running = new Map<string, Running>();
  readonly #backends = new Map<KongService, KongBackend>();

  constructor(
    private readonly registry: UpstreamRegistry,
    private readonly before: ReadonlyMap<string, Running>,
    private readonly names: ReadonlyMap<KongService, string>,
    private readonly placeOf: (name: string, service: KongService) => KongUpstreamPlace | undefined,
  ) {}

  of(service: KongService): KongBackend {
    let backend = this.#backends.get(service);
    if (backend === undefined) {
      backend = this.#open(service);
      this.#backends.set(service, backend);
    }
    return backend;
  }

  /** The configuration was refused after all. */
  discard(): void {
    for (const [name, { runtime }] of this.running) {
      if (this.before.get(name)?.runtime !== runtime) this.registry.retire(runtime);
    }
  }

  #open(service: KongService): KongBackend {
    const name = this.names.get(service) as string;
    const place = this.placeOf(name, service);
    if (place === undefined) return { name, forward: noPeer };
    const kept = this.before.get(name);
    const runtime =
      kept !== undefined && isDeepStrictEqual(kept.place, place)
        ? kept.runtime
        : this.registry.runDeclared(place.settings, { host: place.host, chooser: chooserOf(place) });
    this.running.set(name, { place, runtime });
    return { name, forward: (call) => runtime.execute(call) };
  }
}

function chooserOf({ balance, settings: { targets } }: KongUpstreamPlace): DeclaredTerms['chooser'] {
  if (balance === undefined) return undefined;
  if (balance.by === 'load') {
    return (pools) => {
      const least = new LeastLoaded(targets, pools);
      return (_exchange, failed) => least.pick(failed);
    };
  }
  const keyOf = hashKey(balance);
  if (keyOf === undefined) return undefined;
  const ring = new HashRing(targets, balance.slots);
  return () => (exchange, failed) => {
    const key = keyOf(exchange);
    return key === undefined ? undefined : ring.pick(key, failed);
  };
}

/** No target of the upstream has a weight. */
function noPeer(): Promise<UpstreamResponse> {
  throw new KongRefusal('upstream-unreachable', {
    status: 503,
    message: 'failure to get a peer from the ring-balancer',
  });
}

/** A service goes by its name; where an upstream of the code has it already, by a name that tells the two apart. */
function namesOf(
  services: readonly KongService[],
  registry: UpstreamRegistry,
): ReadonlyMap<KongService, string> {
  return new Map(
    services.map((service) => {
      const name = service.name ?? service.id;
      return [service, registry.has(name) ? `kong:${name}` : name];
    }),
  );
}
