import type { Json } from './jws.maker.js';

/** One token, the keys it meets, and what must come of it. */
export interface JwsCase {
  readonly name: string;
  /** A JWK or a JWK Set, as `jwt({ jwks })` takes it. */
  readonly keys: Json;
  readonly token: string;
  readonly valid: boolean;
}
