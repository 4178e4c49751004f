import type { Environment } from '../contracts/environment.js';

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
}

/** Injects the Launch; absent when the application was started without `createGateway`. */
export const LAUNCH = Symbol('portcullis.launch');
