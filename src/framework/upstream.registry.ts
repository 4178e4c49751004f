import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import type { Forwarder } from '../contracts/forwarder.js';
import type { UpstreamDefinition } from '../contracts/upstream-definition.js';
import type { UpstreamStatus } from '../contracts/upstream-status.js';
import type { Observability } from '../observability/create-observability.js';
import { HttpProxyMiddlewareForwarder } from '../proxy/http-proxy-middleware/http-proxy-middleware.forwarder.js';
import { Http1Forwarder } from '../proxy/http1/http1.forwarder.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../proxy/http1/response-limits.js';
import { UpstreamRequestBuilder } from '../proxy/request/upstream-request.builder.js';
import { resolveUpstream } from '../proxy/upstream/resolve-upstream.js';
import { UpstreamRuntime } from '../proxy/upstream/upstream.runtime.js';
import type { UpstreamSettings } from '../proxy/upstream/upstream.settings.js';
import { ENVIRONMENT, OBSERVABILITY } from './gateway.tokens.js';

/** Every upstream at work in this application, one runtime per definition. */
@Injectable()
export class UpstreamRegistry implements OnApplicationShutdown {
  /** What is wrong with the definitions; boot lists it with everything else. */
  readonly problems: ConfigProblem[] = [];
  readonly #runtimes = new Map<UpstreamDefinition | undefined, UpstreamRuntime>();

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(OBSERVABILITY) private readonly observability: Observability,
  ) {}

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

  status(): readonly UpstreamStatus[] {
    return [...this.#runtimes.values()].map((runtime) => runtime.status());
  }

  /** Runs after the last request was answered. */
  onApplicationShutdown(): void {
    for (const runtime of this.#runtimes.values()) runtime.close();
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

  #run(settings: UpstreamSettings): UpstreamRuntime {
    return new UpstreamRuntime({
      settings,
      forwarder: forwarderOf(settings),
      builder: new UpstreamRequestBuilder(),
      observer: this.observability.observer,
    });
  }
}

function forwarderOf({ name, proxy, pool, targets }: UpstreamSettings): Forwarder {
  if (proxy === undefined) return new Http1Forwarder({ pool, limits: RESPONSE_LIMIT_DEFAULTS });
  return new HttpProxyMiddlewareForwarder({
    upstream: name,
    proxy,
    targets,
    maxConnections: pool.maxConnections,
  });
}

/** Stands in for an upstream whose definition is wrong, so that boot can go on and find the other problems too. */
function inert(name: string | undefined): UpstreamSettings {
  const stand = resolveUpstream({ name: 'inert', options: { targets: 'http://127.0.0.1:9' } }, {}).settings;
  return { ...(stand as UpstreamSettings), name: String(name) };
}
