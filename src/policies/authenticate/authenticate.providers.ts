import type { Provider } from '@nestjs/common';
import { AnonymousFactory } from './anonymous/anonymous.factory.js';
import { ApiKeyFactory } from './api-key/api-key.factory.js';
import { ApiKeyStores } from './api-key/api-key.stores.js';
import { AuthenticatePolicy } from './authenticate.policy.js';
import { AUTHENTICATION_METHODS } from './authenticate.tokens.js';
import type { AuthenticationMethodFactory } from './authentication-method.js';
import { AuthenticationMethods } from './authentication-methods.js';
import { BasicFactory } from './basic/basic.factory.js';
import { ClientCertificateFactory } from './client-certificate/client-certificate.factory.js';
import { AllOfFactory, AnyOfFactory } from './combined/combined.factory.js';
import { ConsumerDirectory } from './consumers/consumer.directory.js';
import { ConsumerSources } from './consumers/consumer.sources.js';
import { IntrospectionFactory } from './introspection/introspection.factory.js';
import { JwtFactory } from './jwt/jwt.factory.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { PassportFactory } from './passport/passport.factory.js';

/** Every kind of authentication method. A new kind is a folder and a line here. */
const FACTORIES = [
  JwtFactory,
  IntrospectionFactory,
  ApiKeyFactory,
  AnonymousFactory,
  AnyOfFactory,
  AllOfFactory,
  BasicFactory,
  ClientCertificateFactory,
  PassportFactory,
] as const;

/** What a module lists to have the identity policy. */
export const AUTHENTICATE_PROVIDERS: readonly Provider[] = [
  ConsumerDirectory,
  ConsumerSources,
  ApiKeyStores,
  ...FACTORIES,
  {
    provide: AUTHENTICATION_METHODS,
    inject: [...FACTORIES],
    useFactory: (...factories: AuthenticationMethodFactory[]) => factories,
  },
  AuthenticationMethods,
  AuthenticatePolicy,
  JwtAuthGuard,
];
