import type { Exchange } from '../../contracts/exchange.js';
import type { Principal } from '../../contracts/principal.js';

/** Verifies the credential of one exchange: what a method such as `jwt()` becomes at boot. */
export interface AuthenticationMethod {
  /**
   * Who the request is from. A promise only when the method must wait.
   *
   * @throws GatewayError `unauthenticated` when the credential is missing or bad
   */
  authenticate(exchange: Exchange): Principal | Promise<Principal>;
}

/** A method as declared: `jwt()` makes `{ method: 'jwt', options: {} }`. Data only, so that it can stand in a decorator. */
export interface AuthenticationDescriptor<Options = unknown> {
  readonly method: string;
  readonly options: Options;
}

/** Makes the methods of one kind. A new kind is a folder beside `jwt/` with one factory in it. */
export interface AuthenticationMethodFactory<Options = unknown> {
  /** The `method` of its descriptors. */
  readonly method: string;
  /** Problems of a declaration in plain words; empty when it is sound. */
  check(options: Options): readonly string[];
  /** The method for these options; equal options get the same one, so that routes share what it remembers. */
  create(options: Options): AuthenticationMethod;
  /** One short phrase for the boot table. */
  describe(options: Options): string;
}
