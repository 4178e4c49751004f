import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../contracts/clock.js';
import { ENVIRONMENT, type Environment } from '../../contracts/environment.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { AccessRequirement } from '../../contracts/route-access.js';
import { SILENT_OBSERVER, type UpstreamObserver } from '../../contracts/upstream-observer.js';
import { Callout } from '../outbound/callout.js';
import { calloutBreaker } from '../outbound/callout-breaker.js';
import { OUTBOUND_OBSERVER } from '../outbound/outbound.tokens.js';
import type { AuthorizationVerdict } from './authorization-verdict.js';
import { EXTERNAL_AUTHORIZATION } from './external-authorization.decorator.js';
import {
  type ExternalAuthorizationOptions,
  externalAuthorizationProblems,
  resolveExternalAuthorization,
} from './external-authorization.options.js';
import { externalAuthorizationStage } from './external-authorization.stage.js';
import { ExternalAuthorizer } from './external-authorizer.js';

/** External authorization as the plan's compiler sees it: routes with equal options share one server's breaker and answers. */
@Injectable()
export class ExternalAuthorizationPolicy
  implements Policy<ExternalAuthorizationOptions>, OnApplicationShutdown
{
  readonly name = EXTERNAL_AUTHORIZATION;
  readonly #authorizers = new Map<string, ExternalAuthorizer>();
  readonly #callouts: Callout<AuthorizationVerdict>[] = [];

  constructor(
    @Optional() @Inject(ENVIRONMENT) private readonly environment: Environment = {},
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
    @Optional() @Inject(OUTBOUND_OBSERVER) private readonly observer: UpstreamObserver = SILENT_OBSERVER,
  ) {}

  /** Behind the gateway's own authorization, which asks nobody. */
  stage(): StageName {
    return 'authorization';
  }

  check(options: ExternalAuthorizationOptions): readonly string[] {
    return externalAuthorizationProblems(options, this.environment);
  }

  compile(options: ExternalAuthorizationOptions): CompiledPolicy {
    return { before: externalAuthorizationStage(this.#authorizerFor(options)) };
  }

  describe(options: ExternalAuthorizationOptions): string {
    const { url, cacheMs, failOpen } = resolveExternalAuthorization(options, this.environment);
    return [
      `asks ${new URL(url).host}`,
      ...(cacheMs === 0 ? [] : [`remembered ${cacheMs}ms`]),
      ...(failOpen === undefined ? [] : [`open while it is down: ${failOpen}`]),
    ].join(', ');
  }

  /** What the server decides by, nobody here can tell. */
  access(): readonly AccessRequirement[] {
    return [{ kind: 'rule', match: 'all', names: [EXTERNAL_AUTHORIZATION] }];
  }

  onApplicationShutdown(): void {
    for (const callout of this.#callouts) callout.shutdown();
  }

  #authorizerFor(options: ExternalAuthorizationOptions): ExternalAuthorizer {
    const settings = resolveExternalAuthorization(options, this.environment);
    const name = JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.#authorizers.get(name);
    if (known !== undefined) return known;
    const callout = new Callout<AuthorizationVerdict>(
      EXTERNAL_AUTHORIZATION,
      calloutBreaker(EXTERNAL_AUTHORIZATION, settings.url, settings.breaker, this.observer, this.clock),
    );
    this.#callouts.push(callout);
    const authorizer = new ExternalAuthorizer(settings, callout, this.clock);
    this.#authorizers.set(name, authorizer);
    return authorizer;
  }
}
