// The whole public API of Portcullis. Nothing else of the package may be imported.

// Declaring upstreams and routes

export type {
  BreakerOptions,
  DnsOptions,
  EnvReference,
  PoolOptions,
  RetryOptions,
  TargetOption,
  TimeoutOptions,
  TlsOptions,
  UpstreamDefinition,
  UpstreamOptions,
} from '../contracts/upstream-definition.js';
export { env } from '../targets/env.js';
export { Forward } from './decorators/forward.decorator.js';
export { InjectBreaker, InjectUpstream } from './decorators/inject-upstream.decorator.js';
export { ProxyController, type ProxyControllerOptions } from './decorators/proxy-controller.decorator.js';
export { defineUpstream } from './define-upstream.js';
export { UpstreamModule } from './upstream.module.js';

// Policies

export { type AnonymousOptions, anonymous } from '../policies/authenticate/anonymous/anonymous.options.js';
export {
  type ApiKeyOptions,
  type ApiKeyStoreName,
  apiKey,
} from '../policies/authenticate/api-key/api-key.options.js';
export type { ApiKeySource } from '../policies/authenticate/api-key/api-key.source.js';
export { Authenticate, Public } from '../policies/authenticate/authenticate.decorator.js';
export type { AuthenticationDescriptor } from '../policies/authenticate/authentication-method.js';
export { type BasicOptions, basic } from '../policies/authenticate/basic/basic.options.js';
export {
  type CertificateMatch,
  type CertificateSubject,
  type ClientCertificateOptions,
  clientCertificate,
} from '../policies/authenticate/client-certificate/client-certificate.options.js';
export { allOf, anyOf, type CombinedOptions } from '../policies/authenticate/combined/combined.options.js';
export type {
  ApiKeyDeclaration,
  CertificateDeclaration,
  ConsumerDeclaration,
  PasswordDeclaration,
} from '../policies/authenticate/consumers/consumer.declaration.js';
export {
  type IntrospectionOptions,
  introspection,
} from '../policies/authenticate/introspection/introspection.options.js';
export {
  type JwtIssuerOptions,
  type JwtOptions,
  jwt,
  type TokenPlace,
} from '../policies/authenticate/jwt/jwt.options.js';
export { JwtAuthGuard } from '../policies/authenticate/jwt-auth.guard.js';
export {
  type PassportOptions,
  type PrincipalOf,
  passportStrategy,
} from '../policies/authenticate/passport/passport.options.js';
export type { AuthorizationCall } from '../policies/authorize/authorization-call.js';
export { Authorize, RequireScope } from '../policies/authorize/authorize.decorator.js';
export { AuthorizeGuard } from '../policies/authorize/authorize.guard.js';
export { BodyLimit } from '../policies/body-limit/body-limit.decorator.js';
export { CorrelationIdInterceptor } from '../policies/correlation-id/correlation-id.interceptor.js';
export { Cors, cors, NoCors } from '../policies/cors/cors.decorator.js';
export type { CorsOptions } from '../policies/cors/cors.options.js';
export {
  ExternalAuthorization,
  NoExternalAuthorization,
} from '../policies/external-authorization/external-authorization.decorator.js';
export { ExternalAuthorizationGuard } from '../policies/external-authorization/external-authorization.guard.js';
export type { ExternalAuthorizationOptions } from '../policies/external-authorization/external-authorization.options.js';
export { FilterResponse, Unfiltered } from '../policies/filter-response/filter-response.decorator.js';
export { ResponseFilterInterceptor } from '../policies/filter-response/response-filter.interceptor.js';
export {
  ForwardIdentity,
  forwardIdentity,
  NoForwardIdentity,
} from '../policies/forward-identity/forward-identity.decorator.js';
export type { ForwardIdentityOptions } from '../policies/forward-identity/forward-identity.options.js';
export type { InternalTokenOptions } from '../policies/forward-identity/token/internal-token.options.js';
export { IpRestriction, NoIpRestriction } from '../policies/ip-restriction/ip-restriction.decorator.js';
export { IpRestrictionGuard } from '../policies/ip-restriction/ip-restriction.guard.js';
export {
  LogRequests,
  logRequests,
  NoRequestLog,
} from '../policies/log-requests/log-requests.decorator.js';
export type {
  LogRequestsOptions,
  RecordQueueOptions,
  RecordRedaction,
  RequestCollectorOptions,
  RequestFileOptions,
} from '../policies/log-requests/log-requests.options.js';
export {
  MeasureRequests,
  measureRequests,
  NoRequestMetrics,
} from '../policies/log-requests/measure-requests.decorator.js';
export type { MeasureRequestsOptions } from '../policies/log-requests/measure-requests.options.js';
export {
  AdmissionLimit,
  admissionLimit,
  NoAdmissionLimit,
} from '../policies/rate-limit/admission-limit.decorator.js';
export { AdmissionLimitGuard } from '../policies/rate-limit/admission-limit.guard.js';
export {
  ConcurrencyLimit,
  concurrencyLimit,
  NoConcurrencyLimit,
} from '../policies/rate-limit/concurrency-limit.decorator.js';
export { ConcurrencyLimitGuard } from '../policies/rate-limit/concurrency-limit.guard.js';
export { NoRateLimit, RateLimit } from '../policies/rate-limit/rate-limit.decorator.js';
export { RateLimitGuard } from '../policies/rate-limit/rate-limit.guard.js';
export {
  NoSecurityHeaders,
  SecurityHeaders,
  securityHeaders,
} from '../policies/security-headers/security-headers.decorator.js';
export type { SecurityHeadersOptions } from '../policies/security-headers/security-headers.options.js';
export { NoTerminate, Terminate, terminate } from '../policies/terminate/terminate.decorator.js';
export type { TerminateOptions } from '../policies/terminate/terminate.options.js';
export { Timeout } from '../policies/timeout/timeout.decorator.js';
export { TransformRequest } from '../policies/transform-request/transform-request.decorator.js';
export { TransformResponse } from '../policies/transform-response/transform-response.decorator.js';

export { NoWebSocket, WebSocket } from '../policies/websocket/websocket.decorator.js';
export type { WebSocketOptions } from '../policies/websocket/websocket.options.js';
export type { WebSocketOrigins } from '../policies/websocket/websocket.origins.js';

// Handling requests

export type { ClientCertificate } from '../contracts/client-certificate.js';
export { Exchange } from '../contracts/exchange.js';
export { exchangeOf } from '../contracts/exchange-of.js';
export { ForwardCall } from '../contracts/forward-call.js';
export { GatewayError, type GatewayErrorCode } from '../contracts/gateway-error.js';
export type { Claims, Consumer, Principal } from '../contracts/principal.js';
export type { RouteFacts } from '../contracts/route-facts.js';
export { UpstreamResponse } from '../contracts/upstream-response.js';
export { UpstreamClient } from '../proxy/upstream/upstream-client.js';
export { UpstreamStatusError } from '../proxy/upstream/upstream-status.error.js';
export { Breaker } from '../resilience/breaker.js';

// Extending

export { CLOCK, type Clock } from '../contracts/clock.js';
export type { CompilableEnhancer } from '../contracts/compilable-enhancer.js';
export { EarlyAnswer } from '../contracts/early-answer.js';
export { type IdentityFields, IdentityHeaders } from '../contracts/identity-headers.js';
export {
  type CompiledPolicy,
  type Dress,
  declarePolicy,
  type Policy,
  type PolicyDeclaration,
  type Preflight,
  type ResponseStage,
  type Stage,
  type StageName,
} from '../contracts/policy.js';
export type { AccessRequirement, RouteAccess } from '../contracts/route-access.js';
export type { LimitAlgorithm, LimitMeter, Standing } from '../policies/rate-limit/meters/limit-meter.js';
export type {
  Admission,
  ConcurrencyRule,
  Limiter,
  LimitRule,
  LimitStore,
  Places,
  Verdict,
} from '../policies/rate-limit/stores/limit-store.js';

// What must hold over all routes

export { type CallerRequirement, group, role, scope } from './invariants/caller-requirement.js';
export type { InspectedRoute } from './invariants/inspected-route.js';
export type { Invariant } from './invariants/invariant.js';
export { everyRoute, matching, methods, type RouteSet, to, under } from './invariants/route-set.js';

// Running

export { ConfigError, type ConfigProblem } from '../contracts/config-problem.js';
export { type CreateGatewayOptions, createGateway, type Gateway } from './create-gateway.js';
export { GatewayAdapter } from './gateway.adapter.js';
export { GatewayModule } from './gateway.module.js';
export type { GatewayModuleOptions } from './gateway.options.js';
export { runGateway } from './run-gateway.js';
