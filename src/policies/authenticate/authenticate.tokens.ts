/** Injects what `GatewayModule.forRoot({ authentication })` was given: an AuthenticationDescriptor, or undefined. */
export const DEFAULT_AUTHENTICATION = Symbol('portcullis.default-authentication');

/** Injects the list of AuthenticationMethodFactory known to this gateway. */
export const AUTHENTICATION_METHODS = Symbol('portcullis.authentication-methods');
