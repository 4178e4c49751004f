import type { Clock } from '../contracts/clock.js';
import type { Environment } from '../contracts/environment.js';
import type { Exchange } from '../contracts/exchange.js';
import type { Forwarder } from '../contracts/forwarder.js';
import type { Principal } from '../contracts/principal.js';

export { ENVIRONMENT } from '../contracts/environment.js';

import type { Observability } from '../observability/create-observability.js';

/** Injects the GatewaySettings. */
export const SETTINGS = Symbol('portcullis.settings');

/** Injects the Observability of this application. */
export const OBSERVABILITY = Symbol('portcullis.observability');

/** What `createGateway` was called with; every part is optional. */
export interface Launch {
  readonly environment: Environment | undefined;
  readonly observability: Observability | undefined;
  readonly standIns?: StandIns | undefined;
}

/** What a test puts in the place of the world outside. In production there is none, and nothing is asked. */
export interface StandIns {
  /** Who an exchange is from, whatever its credential says; `undefined` lets the credential speak. */
  readonly principalOf?: (exchange: Exchange) => Principal | undefined;
  /** Who answers in the place of an upstream's targets; `undefined` lets them answer. */
  readonly forwarderOf?: (upstream: string) => Forwarder | undefined;
  readonly clock?: Clock;
}

/** Injects the StandIns. */
export const STAND_INS = Symbol('portcullis.stand-ins');

/** Injects the Launch; absent when the application was started without `createGateway`. */
export const LAUNCH = Symbol('portcullis.launch');
