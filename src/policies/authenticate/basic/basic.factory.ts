import { Inject, Injectable, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../../contracts/clock.js';
import { withDefaults } from '../../../contracts/option-check.js';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { BasicMethod } from './basic.method.js';
import { BASIC, BASIC_DEFAULTS, type BasicOptions, basicProblems } from './basic.options.js';
import { HashWork } from './hash-work.js';

/** Makes Basic methods: one for each distinct declaration, all working in one queue. */
@Injectable()
export class BasicFactory implements AuthenticationMethodFactory<BasicOptions> {
  readonly method = BASIC;
  readonly #made = new Map<string, BasicMethod>();
  readonly #work = new HashWork();

  constructor(
    private readonly consumers: ConsumerDirectory,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  check(options: BasicOptions): readonly string[] {
    return basicProblems(options);
  }

  create(given: BasicOptions): AuthenticationMethod {
    const options = withDefaults<BasicOptions>(BASIC_DEFAULTS, given);
    const name = JSON.stringify(options);
    let method = this.#made.get(name);
    if (method === undefined) {
      method = new BasicMethod({ options, consumers: this.consumers, work: this.#work, clock: this.clock });
      this.#made.set(name, method);
    }
    return method;
  }

  describe(options: BasicOptions): string {
    return options.realm === undefined ? BASIC : `${BASIC} for ${options.realm}`;
  }
}
