import type { Provider } from '@nestjs/common';
import { AuthenticatePolicy } from './authenticate.policy.js';
import { AUTHENTICATION_METHODS } from './authenticate.tokens.js';
import type { AuthenticationMethodFactory } from './authentication-method.js';
import { JwtFactory } from './jwt/jwt.factory.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';

/** What a module lists to have the identity policy: every known method is registered here and nowhere else. */
export const AUTHENTICATE_PROVIDERS: readonly Provider[] = [
  JwtFactory,
  {
    provide: AUTHENTICATION_METHODS,
    inject: [JwtFactory],
    useFactory: (...factories: AuthenticationMethodFactory[]) => factories,
  },
  AuthenticatePolicy,
  JwtAuthGuard,
];
