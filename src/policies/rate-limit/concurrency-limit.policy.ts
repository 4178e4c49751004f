import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import {
  CONCURRENCY_LIMIT,
  type ConcurrencyLimitOptions,
  concurrencyLimitProblems,
  resolveConcurrencyLimit,
} from './concurrency-limit.options.js';
import { keyText } from './keys/key-text.js';
import { Limits } from './limits.js';

/** Limits how many requests of one key run at the same time, those that stream and WebSockets for as long as they last. */
@Injectable()
export class ConcurrencyLimitPolicy implements Policy<ConcurrencyLimitOptions> {
  readonly name = CONCURRENCY_LIMIT;

  constructor(private readonly limits: Limits) {}

  stage(): StageName {
    return 'quota';
  }

  check(options: ConcurrencyLimitOptions, route: RouteFacts): readonly string[] {
    const problems = concurrencyLimitProblems(options, route);
    return problems.length > 0 ? problems : this.limits.unsupported(this.#resolve(options, route));
  }

  compile(options: ConcurrencyLimitOptions, route: RouteFacts): CompiledPolicy {
    return { before: this.limits.concurrencyStage(this.#resolve(options, route), route) };
  }

  describe({ limit, by, shadow }: ConcurrencyLimitOptions): string {
    return `${limit} at a time by ${keyText(by)}${shadow === true ? ', shadow' : ''}`;
  }

  #resolve(options: ConcurrencyLimitOptions, { id }: RouteFacts) {
    return resolveConcurrencyLimit(options, options.by === 'global' ? 'global' : id);
  }
}
