import type { Provider, Type } from '@nestjs/common';
import type { Policy } from '../contracts/policy.js';
import { AuthenticatePolicy } from '../policies/authenticate/authenticate.policy.js';
import { AuthorizePolicy } from '../policies/authorize/authorize.policy.js';
import { BodyLimitPolicy } from '../policies/body-limit/body-limit.policy.js';
import { CorsPolicy } from '../policies/cors/cors.policy.js';
import { ExternalAuthorizationPolicy } from '../policies/external-authorization/external-authorization.policy.js';
import { FilterResponsePolicy } from '../policies/filter-response/filter-response.policy.js';
import { ForwardIdentityPolicy } from '../policies/forward-identity/forward-identity.policy.js';
import { IpRestrictionPolicy } from '../policies/ip-restriction/ip-restriction.policy.js';
import { LogRequestsPolicy } from '../policies/log-requests/log-requests.policy.js';
import { MeasureRequestsPolicy } from '../policies/log-requests/measure-requests.policy.js';
import { AdmissionLimitPolicy } from '../policies/rate-limit/admission-limit.policy.js';
import { ConcurrencyLimitPolicy } from '../policies/rate-limit/concurrency-limit.policy.js';
import { RateLimitPolicy } from '../policies/rate-limit/rate-limit.policy.js';
import { SecurityHeadersPolicy } from '../policies/security-headers/security-headers.policy.js';
import { TerminatePolicy } from '../policies/terminate/terminate.policy.js';
import { TimeoutPolicy } from '../policies/timeout/timeout.policy.js';
import { TransformRequestPolicy } from '../policies/transform-request/transform-request.policy.js';
import { TransformResponsePolicy } from '../policies/transform-response/transform-response.policy.js';
import { WebSocketPolicy } from '../policies/websocket/websocket.policy.js';

/** Every policy of the gateway, in the order they run inside one stage. A new policy is a folder and a line here. */
export const POLICY_TYPES: readonly Type<Policy<unknown>>[] = [
  CorsPolicy,
  IpRestrictionPolicy,
  AdmissionLimitPolicy,
  BodyLimitPolicy,
  AuthenticatePolicy,
  AuthorizePolicy,
  ExternalAuthorizationPolicy,
  RateLimitPolicy,
  ConcurrencyLimitPolicy,
  WebSocketPolicy,
  TerminatePolicy,
  TimeoutPolicy,
  TransformRequestPolicy,
  ForwardIdentityPolicy,
  FilterResponsePolicy,
  TransformResponsePolicy,
  SecurityHeadersPolicy,
  // They take note of what all others made of the answer.
  LogRequestsPolicy,
  MeasureRequestsPolicy,
];

/** Those that no module of their own provides. */
export const POLICY_PROVIDERS: readonly Provider[] = [
  CorsPolicy,
  IpRestrictionPolicy,
  BodyLimitPolicy,
  AuthorizePolicy,
  ExternalAuthorizationPolicy,
  TerminatePolicy,
  TimeoutPolicy,
  TransformRequestPolicy,
  ForwardIdentityPolicy,
  FilterResponsePolicy,
  TransformResponsePolicy,
  WebSocketPolicy,
  SecurityHeadersPolicy,
  LogRequestsPolicy,
  MeasureRequestsPolicy,
];
