// What a team's tests may import: `portcullis/testing`.

export type { AccessView, RouteView } from '../../admin/route.view.js';
export { GatewayAdapter } from '../gateway.adapter.js';
export {
  type DevelopmentTokenContents,
  developmentToken,
  type SharedSecretAlgorithm,
} from './development-token.js';
export { FakeClock } from './fake.clock.js';
export { type FakeAnswer, FakeUpstream, type ReceivedRequest } from './fake.upstream.js';
export { type FakePrincipalParts, fakePrincipal } from './fake-principal.js';
export {
  type ExpectedUpstreamRequest,
  type GatewayMatchers,
  gatewayMatchers,
} from './gateway.matchers.js';
export {
  LIMIT_STORE_PROMISES,
  type LimitStorePromise,
  type LimitStoreUnderTest,
} from './limit-store.promises.js';
export type { LogLine } from './memory-log.js';
export type { Outcome, TestResponse } from './outcome.js';
export type { SentRequest, StandIn, StandInAnswer } from './stand-in.upstream.js';
export { createTestGateway, type TestGateway, type TestGatewayOptions } from './test-gateway.js';
export { type IssuedToken, type IssuerAlgorithm, TestIssuer, type TestIssuerOptions } from './test-issuer.js';
export { type TestAsk, type TestRoutes, type TestRoutesOptions, testRoutes } from './test-routes.js';
