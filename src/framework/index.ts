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

export { Authenticate, Public } from '../policies/authenticate/authenticate.decorator.js';
export { type JwtOptions, jwt } from '../policies/authenticate/jwt/jwt.options.js';
export { JwtAuthGuard } from '../policies/authenticate/jwt-auth.guard.js';
export { Authorize, RequireScope } from '../policies/authorize/authorize.decorator.js';
export { AuthorizeGuard } from '../policies/authorize/authorize.guard.js';
export { BodyLimit } from '../policies/body-limit/body-limit.decorator.js';
export { CorrelationIdInterceptor } from '../policies/correlation-id/correlation-id.interceptor.js';
export { FilterResponse, Unfiltered } from '../policies/filter-response/filter-response.decorator.js';
export { ResponseFilterInterceptor } from '../policies/filter-response/response-filter.interceptor.js';
export { NoRateLimit, RateLimit } from '../policies/rate-limit/rate-limit.decorator.js';
export { RateLimitGuard } from '../policies/rate-limit/rate-limit.guard.js';
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
export type { Claims, Principal } from '../contracts/principal.js';
export type { RouteFacts } from '../contracts/route-facts.js';
export { UpstreamResponse } from '../contracts/upstream-response.js';
export { UpstreamClient } from '../proxy/upstream/upstream-client.js';
export { UpstreamStatusError } from '../proxy/upstream/upstream-status.error.js';
export { Breaker } from '../resilience/breaker.js';

// Extending

export type { CompilableEnhancer } from '../contracts/compilable-enhancer.js';
export {
  type CompiledPolicy,
  declarePolicy,
  type Policy,
  type PolicyDeclaration,
  type ResponseStage,
  type Stage,
  type StageName,
} from '../contracts/policy.js';

// Running

export { ConfigError, type ConfigProblem } from '../contracts/config-problem.js';
export { type CreateGatewayOptions, createGateway, type Gateway } from './create-gateway.js';
export { GatewayAdapter } from './gateway.adapter.js';
export { GatewayModule, type GatewayModuleOptions } from './gateway.module.js';
export { runGateway } from './run-gateway.js';
