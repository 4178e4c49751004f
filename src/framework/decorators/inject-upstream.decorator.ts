import { Inject } from '@nestjs/common';
import type { UpstreamDefinition } from '../../contracts/upstream-definition.js';

/** The DI token of an upstream's client. */
export const upstreamToken = (upstream: UpstreamDefinition): string =>
  `portcullis:upstream:${upstream?.name}`;

/** The DI token of an upstream's breaker. */
export const breakerToken = (upstream: UpstreamDefinition): string => `portcullis:breaker:${upstream?.name}`;

/** Injects the `UpstreamClient` of an upstream that the module imports with `UpstreamModule.forFeature(…)`. */
export const InjectUpstream = (upstream: UpstreamDefinition): ParameterDecorator & PropertyDecorator =>
  Inject(upstreamToken(upstream));

/** Injects the circuit breaker of an upstream: the very one its calls run through. */
export const InjectBreaker = (upstream: UpstreamDefinition): ParameterDecorator & PropertyDecorator =>
  Inject(breakerToken(upstream));
