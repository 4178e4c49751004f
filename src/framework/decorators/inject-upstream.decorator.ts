import { Inject } from '@nestjs/common';
import type { UpstreamDefinition } from '../../contracts/upstream-definition.js';

const CLIENT = 'portcullis:upstream:';
const BREAKER = 'portcullis:breaker:';

/** The DI token of an upstream's client. */
export const upstreamToken = (upstream: UpstreamDefinition): string => CLIENT + upstream?.name;

/** The DI token of an upstream's breaker. */
export const breakerToken = (upstream: UpstreamDefinition): string => BREAKER + upstream?.name;

/** The upstream that a token stands for; `undefined` when it is not one of the two above. */
export function upstreamNameOf(token: unknown): string | undefined {
  const prefix = [CLIENT, BREAKER].find((start) => typeof token === 'string' && token.startsWith(start));
  return prefix === undefined ? undefined : (token as string).slice(prefix.length);
}

/** Injects the `UpstreamClient` of an upstream that the module imports with `UpstreamModule.forFeature(…)`. */
export const InjectUpstream = (upstream: UpstreamDefinition): ParameterDecorator & PropertyDecorator =>
  Inject(upstreamToken(upstream));

/** Injects the circuit breaker of an upstream: the very one its calls run through. */
export const InjectBreaker = (upstream: UpstreamDefinition): ParameterDecorator & PropertyDecorator =>
  Inject(breakerToken(upstream));
