import type { Exchange } from '../../contracts/exchange.js';
import type { ForwardCall } from '../../contracts/forward-call.js';
import type { Principal } from '../../contracts/principal.js';
import type { Refusal } from './refusal.js';

/** Who the request is from, or why nobody was accepted. */
export type Outcome = Principal | Refusal;

/** Verifies the credential of one exchange: what a method such as `jwt()` becomes at boot. */
export interface AuthenticationMethod {
  /**
   * Who the request is from. A promise only when the method must wait.
   *
   * @throws GatewayError when it cannot be told now: `identity-unavailable` while whoever knows is not to be reached
   */
  authenticate(exchange: Exchange): Outcome | Promise<Outcome>;
  /** Takes this method's credential out of what goes on to the upstream; absent when it goes on as it came. */
  readonly conceal?: ((call: ForwardCall) => ForwardCall) | undefined;
  /** Accepts whoever sends no credential at all, so it counts only when no other method was shown one. */
  readonly lastResort?: true;
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
  check(options: Options, methods: AuthenticationMethodMaker): readonly string[];
  /** The method for these options. Where methods remember anything, equal options get the same one and routes share it. */
  create(options: Options, methods: AuthenticationMethodMaker): AuthenticationMethod;
  /** One short phrase for the boot table. */
  describe(options: Options, methods: AuthenticationMethodMaker): string;
}

/** Makes a method of any kind: how a method that is made of others gets those. */
export interface AuthenticationMethodMaker {
  check(descriptor: AuthenticationDescriptor): readonly string[];
  create(descriptor: AuthenticationDescriptor): AuthenticationMethod;
  describe(descriptor: AuthenticationDescriptor): string;
}
