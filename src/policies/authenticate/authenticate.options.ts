import type { PolicyDeclaration } from '../../contracts/policy.js';
import type { AuthenticationDescriptor } from './authentication-method.js';

export const AUTHENTICATE = 'authenticate';

/** How a route learns who is calling. */
export interface AuthenticateOptions {
  /** `undefined` means the method given to `GatewayModule.forRoot({ authentication })`. */
  readonly method: AuthenticationDescriptor | undefined;
}

/** The declaration of the authenticate policy that a decorator, a guard or the module stands for. */
export function authenticateWith(
  method: AuthenticationDescriptor | undefined,
  writtenAs: string,
): PolicyDeclaration {
  const options: AuthenticateOptions = Object.freeze({ method });
  return Object.freeze({ policy: AUTHENTICATE, options, writtenAs });
}
