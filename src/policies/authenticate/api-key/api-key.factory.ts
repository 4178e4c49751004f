import { Inject, Injectable, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../../contracts/clock.js';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { placeOf } from '../credentials/credential-place.js';
import { ApiKeyMethod } from './api-key.method.js';
import { API_KEY, API_KEY_DEFAULTS, type ApiKeyOptions, apiKeyProblems } from './api-key.options.js';
import { ApiKeyStores } from './api-key.stores.js';

/** Makes API key methods; all of them ask the same store. */
@Injectable()
export class ApiKeyFactory implements AuthenticationMethodFactory<ApiKeyOptions> {
  readonly method = API_KEY;

  constructor(
    private readonly stores: ApiKeyStores,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  check(options: ApiKeyOptions): readonly string[] {
    const problems = apiKeyProblems(options);
    return problems.length > 0 ? problems : this.stores.check(options.store);
  }

  create(options: ApiKeyOptions): AuthenticationMethod {
    const { in: sources = API_KEY_DEFAULTS.in, forward = API_KEY_DEFAULTS.forward, realm } = options;
    const resolved = { in: sources, forward, ...(realm === undefined ? {} : { realm }) };
    return new ApiKeyMethod(resolved, this.stores.of(options.store), this.clock);
  }

  describe({ in: sources = API_KEY_DEFAULTS.in, forward = false, store }: ApiKeyOptions): string {
    const places = sources.map((source) => {
      const { kind, name } = placeOf(source);
      return `${kind} ${name}`;
    });
    const from = this.stores.nameOf(store) === 'redis' ? ', keys in Redis' : '';
    return `api key in ${places.join(' or ')}${from}${forward ? ', forwarded' : ''}`;
  }
}
