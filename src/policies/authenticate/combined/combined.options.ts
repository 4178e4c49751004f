import type { AuthenticationDescriptor } from '../authentication-method.js';

export const ANY_OF = 'any-of';
export const ALL_OF = 'all-of';

export interface CombinedOptions {
  readonly methods: readonly AuthenticationDescriptor[];
}

/**
 * Accepts whoever one of these methods accepts; they are asked in this order and the first that accepts counts.
 *
 * A credential that one method refuses does not keep another from accepting a second one. When none accepts, the client
 * reads why the first credential it did send was refused, with a challenge for each method.
 *
 * @example `@Authenticate(anyOf(jwt(), apiKey()))`
 */
export function anyOf(
  ...methods: readonly AuthenticationDescriptor[]
): AuthenticationDescriptor<CombinedOptions> {
  return combined(ANY_OF, methods);
}

/**
 * Accepts whoever every one of these methods accepts. The first says who it is; scopes and claims are the first's too,
 * the consumer is that of the first method that knows one.
 *
 * @example `@Authenticate(allOf(jwt(), clientCertificate()))`
 */
export function allOf(
  ...methods: readonly AuthenticationDescriptor[]
): AuthenticationDescriptor<CombinedOptions> {
  return combined(ALL_OF, methods);
}

function combined(
  method: string,
  methods: readonly AuthenticationDescriptor[],
): AuthenticationDescriptor<CombinedOptions> {
  return Object.freeze({ method, options: Object.freeze({ methods: Object.freeze([...methods]) }) });
}
