import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { GatewaySettings } from '../config/gateway-settings.js';
import { CLOCK, type Clock } from '../contracts/clock.js';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import type { Forwarder } from '../contracts/forwarder.js';
import { IdentityHeaders } from '../contracts/identity-headers.js';
import type { UpstreamDefinition } from '../contracts/upstream-definition.js';
import type { UpstreamRequest } from '../contracts/upstream-request.js';
import type { PoolStatus, UpstreamStatus } from '../contracts/upstream-status.js';
import type { Observability } from '../observability/create-observability.js';
import { describeCause } from '../observability/describe-cause.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import { HttpProxyMiddlewareForwarder } from '../proxy/http-proxy-middleware/http-proxy-middleware.forwarder.js';
import { connectTo } from '../proxy/http1/connect-tls.js';
import { TlsIdentity } from '../proxy/http1/tls-identity.js';
import { UpstreamRequestBuilder } from '../proxy/request/upstream-request.builder.js';
import { framedFor, UpgradeForwarder } from '../proxy/upgrade/upgrade.forwarder.js';
import { builtInForwarder } from '../proxy/upstream/built-in.forwarder.js';
import { resolveUpstream } from '../proxy/upstream/resolve-upstream.js';
import { type ChooseTarget, UpstreamRuntime } from '../proxy/upstream/upstream.runtime.js';
import type { UpstreamSettings } from '../proxy/upstream/upstream.settings.js';
import { AddressBook } from '../targets/address-book.js';
import { lookupBySystem, lookupIn } from '../targets/lookup.js';
import { ENVIRONMENT, OBSERVABILITY, SETTINGS, STAND_INS, type StandIns } from './gateway.tokens.js';
import { targetHealth } from './target-health.js';
import { UpstreamCertificates } from './upstream-certificates.js';

/** Every upstream at work in this application, one runtime per definition. */
@Injectable()
export class UpstreamRegistry implements OnApplicationShutdown {
  /** What is wrong with the definitions; boot lists it with everything else. */
  readonly problems: ConfigProblem[] = [];
  readonly #runtimes = new Map<UpstreamDefinition | undefined, UpstreamRuntime>();
  /** Those of declarative files, which come and go. */
  readonly #declared = new Set<UpstreamRuntime>();
  readonly #certificates: UpstreamCertificates;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(OBSERVABILITY) private readonly observability: Observability,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    private readonly identityHeaders: IdentityHeaders,
    @Inject(STAND_INS) private readonly standIns: StandIns,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#certificates = new UpstreamCertificates(observability.events);
    observability.kong.watchTargets(() => targetHealth(this.status()));
  }

  /**
   * The runtime of a definition: the same one for every module that imports it.
   *
   * @param definition `undefined` where a circular import left it so
   */
  open(definition: UpstreamDefinition | undefined): UpstreamRuntime {
    const opened = this.#runtimes.get(definition);
    if (opened !== undefined) return opened;
    const settings = definition === undefined ? this.#refuseUndefined() : this.#resolve(definition);
    const runtime = this.#run(settings ?? inert(definition?.name));
    this.#runtimes.set(definition, runtime);
    return runtime;
  }

  /** Whether an upstream of the code has this name. */
  has(name: string): boolean {
    return [...this.#runtimes.keys()].some((definition) => definition?.name === name);
  }

  /** Runs an upstream of a declarative file, until {@link retire}. */
  runDeclared(settings: UpstreamSettings, terms: DeclaredTerms = {}): UpstreamRuntime {
    const runtime = this.#run(settings, terms);
    this.#declared.add(runtime);
    return runtime;
  }

  /** Calls under way finish, and their connections close behind them. */
  retire(runtime: UpstreamRuntime): void {
    this.#declared.delete(runtime);
    runtime.close();
  }

  status(): readonly UpstreamStatus[] {
    return [...this.#runtimes.values(), ...this.#declared].map((runtime) => runtime.status());
  }

  /** Runs after the last request was answered. */
  onApplicationShutdown(): void {
    this.#certificates.stop();
    for (const runtime of [...this.#runtimes.values(), ...this.#declared]) runtime.close();
  }

  #refuseUndefined(): undefined {
    this.problems.push({
      where: 'UpstreamModule.forFeature',
      message:
        'one of its upstreams is undefined; give it what defineUpstream(…) returned (a circular import leaves it undefined).',
    });
  }

  #resolve(definition: UpstreamDefinition): UpstreamSettings | undefined {
    if ([...this.#runtimes.keys()].some((other) => other?.name === definition.name)) {
      this.problems.push({
        where: definition.name,
        message: 'two upstreams have this name; rename one, or share one defineUpstream(…).',
      });
    }
    const { settings, problems } = resolveUpstream(definition, this.environment);
    this.problems.push(...problems);
    return settings;
  }

  #run(settings: UpstreamSettings, { host, chooser }: DeclaredTerms = {}): UpstreamRuntime {
    const { forwarder, upgrades } = this.#forwardersOf(settings);
    return new UpstreamRuntime({
      settings,
      forwarder,
      upgrades,
      choose: chooser?.(() => forwarder.stats?.()),
      builder: new UpstreamRequestBuilder({ identityHeaders: this.identityHeaders, host }),
      observer: this.observability.observer,
      clock: this.clock,
    });
  }

  #forwardersOf(settings: UpstreamSettings): Forwarders {
    const { name, proxy, pool, targets, tls, dns } = settings;
    const standIn = this.standIns.forwarderOf?.(name);
    if (standIn !== undefined) return { forwarder: standIn, upgrades: standIn };
    const { upstream: limits } = this.settings.limits;
    if (proxy !== undefined) {
      const { maxConnections } = pool;
      const forwarder = new HttpProxyMiddlewareForwarder({ upstream: name, proxy, targets, maxConnections });
      const prepare = ({ request }: { request: UpstreamRequest }) => forwarder.connectFor(request);
      return { forwarder, upgrades: new UpgradeForwarder({ limits, prepare }) };
    }
    const { hosts } = this.settings.upstreams;
    const names = new AddressBook({
      ...dns,
      ...lookupEvents(name, this.observability.events),
      lookup: hosts === undefined ? lookupBySystem : lookupIn(hosts),
    });
    const identity = tls === undefined ? undefined : new TlsIdentity(tls);
    if (tls !== undefined && identity !== undefined) this.#certificates.watch(name, tls, identity);
    return {
      forwarder: builtInForwarder(settings, { limits, names, identity }),
      upgrades: new UpgradeForwarder({ limits, prepare: framedFor(connectTo(names, identity)) }),
    };
  }
}

/** What an upstream of a declarative file may say that one of the code cannot. */
export interface DeclaredTerms {
  /** The `Host` of every target, in place of its own. */
  readonly host?: string | undefined;
  /** Makes what chooses targets, of what is known of the connections to each by its id. */
  readonly chooser?: ((pools: () => ReadonlyMap<string, PoolStatus> | undefined) => ChooseTarget) | undefined;
}

/** What carries requests to an upstream, and what carries handshakes of WebSockets. */
interface Forwarders {
  readonly forwarder: Forwarder;
  readonly upgrades: Forwarder;
}

const lookupEvents = (upstream: string, events: EventLog) => ({
  lookupFailed: (host: string, cause: Error) =>
    events.warn(EVENTS.lookupFailing, { upstream, host, cause: describeCause(cause, false) }),
  lookupRecovered: (host: string) => events.info(EVENTS.lookupRecovered, { upstream, host }),
});

/** Stands in for an upstream whose definition is wrong, so that boot can go on and find the other problems too. */
function inert(name: string | undefined): UpstreamSettings {
  const stand = resolveUpstream({ name: 'inert', options: { targets: 'http://127.0.0.1:9' } }, {}).settings;
  return { ...(stand as UpstreamSettings), name: String(name) };
}
