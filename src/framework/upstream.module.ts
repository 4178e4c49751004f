import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { UpstreamDefinition } from '../contracts/upstream-definition.js';
import { UpstreamClient } from '../proxy/upstream/upstream-client.js';
import { breakerToken, upstreamToken } from './decorators/inject-upstream.decorator.js';
import { UpstreamRegistry } from './upstream.registry.js';

/**
 * Makes upstreams injectable in the module that imports it.
 *
 * @example
 * ```ts
 * @Module({ imports: [UpstreamModule.forFeature(USERS)], controllers: [UsersController] })
 * export class UsersModule {}
 * ```
 */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class, also one that is only configured.
export class UpstreamModule {
  /** Makes the client and the breaker of each upstream injectable: `@InjectUpstream(USERS)`, `@InjectBreaker(USERS)`. */
  static forFeature(...upstreams: readonly UpstreamDefinition[]): DynamicModule {
    const providers = upstreams.flatMap(providersOf);
    return { module: UpstreamModule, providers: [opened(upstreams), ...providers], exports: providers };
  }
}

/** Opens each definition by itself: two of one name share a token, so one of them would never be seen, and refused. */
function opened(upstreams: readonly UpstreamDefinition[]): Provider {
  return {
    provide: Symbol('portcullis.opened'),
    inject: [UpstreamRegistry],
    useFactory: (registry: UpstreamRegistry) => upstreams.map((upstream) => registry.open(upstream)),
  };
}

function providersOf(upstream: UpstreamDefinition): Provider[] {
  return [
    {
      provide: upstreamToken(upstream),
      inject: [UpstreamRegistry],
      useFactory: (registry: UpstreamRegistry) => new UpstreamClient(registry.open(upstream)),
    },
    {
      provide: breakerToken(upstream),
      inject: [UpstreamRegistry],
      useFactory: (registry: UpstreamRegistry) => registry.open(upstream).breaker,
    },
  ];
}
