import type { Environment } from '../contracts/environment.js';
import type { Policy, PolicyDeclaration } from '../contracts/policy.js';
import { type Observability } from '../observability/create-observability.js';
import type { AuthenticationDescriptor } from '../policies/authenticate/authentication-method.js';
import type { ConsumerDeclaration } from '../policies/authenticate/consumers/consumer.declaration.js';
import { type RateLimitModuleOptions } from '../policies/rate-limit/rate-limit.module.js';
import type { Invariant } from './invariants/invariant.js';

/** What the application says once for all its routes; every part is optional. */
export interface GatewayModuleOptions {
  /** How requests are authenticated on every proxy route that does not say otherwise. Default: each route must say. */
  readonly authentication?: AuthenticationDescriptor;
  /** The registered clients, beside those of `CONSUMERS_FILE` and `API_KEYS`. Credentials stand in them as digests only. */
  readonly consumers?: readonly ConsumerDeclaration[];
  /** Policies that hold on every proxy route unless a controller or method declares its own. */
  readonly defaults?: readonly PolicyDeclaration[];
  /** A team's own policies: classes that implement `Policy`. */
  readonly policies?: readonly (new (
    ...args: never[]
  ) => Policy)[];
  /** Rules that must hold over all proxy routes together; start names every route that breaks one. */
  readonly invariants?: readonly Invariant[];
  /** Options of @nestjs/throttler, its storage among them. */
  readonly rateLimit?: RateLimitModuleOptions;
  /** Where variables are read. Default: what `createGateway` was given, else `process.env`. */
  readonly environment?: Environment;
  /** Default: made from the settings. */
  readonly observability?: Observability;
}
