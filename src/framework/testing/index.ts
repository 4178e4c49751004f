// What a team's tests may import: `portcullis/testing`.

export type { RouteView } from '../../admin/route.view.js';
export { GatewayAdapter } from '../gateway.adapter.js';
export {
  type DevelopmentTokenContents,
  developmentToken,
  type SharedSecretAlgorithm,
} from './development-token.js';
export { type FakeAnswer, FakeUpstream, type ReceivedRequest } from './fake.upstream.js';
export type { LogLine } from './memory-log.js';
export { createTestGateway, type TestGateway, type TestGatewayOptions } from './test-gateway.js';
