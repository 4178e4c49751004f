import { Injectable } from '@nestjs/common';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { PassportMethod } from './passport.method.js';
import { type NamedPassportOptions, PASSPORT, passportProblems } from './passport.options.js';
import { registeredStrategies, registeredStrategy } from './passport.registry.js';

/** Makes methods of the passport strategies an application registered; each is bound when the application starts. */
@Injectable()
export class PassportFactory implements AuthenticationMethodFactory<NamedPassportOptions> {
  readonly method = PASSPORT;

  check(options: NamedPassportOptions): readonly string[] {
    return passportProblems(options, registeredStrategies());
  }

  create(options: NamedPassportOptions): AuthenticationMethod {
    return new PassportMethod(registeredStrategy(options.name), options);
  }

  describe({ name }: NamedPassportOptions): string {
    return `${PASSPORT} ${name}`;
  }
}
