/** Injects what `GatewayModule.forRoot({ authentication })` was given: an AuthenticationDescriptor, or undefined. */
export const DEFAULT_AUTHENTICATION = Symbol('portcullis.default-authentication');

/** Injects the list of AuthenticationMethodFactory known to this gateway. */
export const AUTHENTICATION_METHODS = Symbol('portcullis.authentication-methods');

/** Injects what says who an exchange is from in a test, whatever its credential; undefined everywhere else. */
export const PRINCIPAL_STAND_IN = Symbol('portcullis.principal-stand-in');
