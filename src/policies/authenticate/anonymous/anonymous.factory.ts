import { Injectable } from '@nestjs/common';
import { type Principal, principalOf } from '../../../contracts/principal.js';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import {
  ANONYMOUS,
  ANONYMOUS_DEFAULTS,
  type AnonymousOptions,
  anonymousProblems,
} from './anonymous.options.js';

/** Makes the method that accepts callers without a credential. */
@Injectable()
export class AnonymousFactory implements AuthenticationMethodFactory<AnonymousOptions> {
  readonly method = ANONYMOUS;

  constructor(private readonly consumers: ConsumerDirectory) {}

  check(options: AnonymousOptions): readonly string[] {
    return anonymousProblems(options);
  }

  create({ consumer: id = ANONYMOUS_DEFAULTS.consumer }: AnonymousOptions): AuthenticationMethod {
    const unlisted = { id, name: undefined, customId: undefined, plan: undefined, groups: NO_GROUPS };
    let known: Principal | undefined;
    return {
      lastResort: true,
      authenticate: () => {
        // The list of consumers can be replaced while the gateway runs.
        const consumer = this.consumers.current.byId(id) ?? unlisted;
        if (known?.consumer !== consumer) known = principalOf({ method: ANONYMOUS, consumer });
        return known;
      },
    };
  }

  describe({ consumer = ANONYMOUS_DEFAULTS.consumer }: AnonymousOptions): string {
    return `anonymous as ${consumer}`;
  }
}

const NO_GROUPS: ReadonlySet<string> = new Set();
