import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { TimeoutOptions } from '../../contracts/upstream-definition.js';
import { TIMEOUT_CLOCKS, timeoutProblems } from './timeout.options.js';
import { TIMEOUT, timeoutStage } from './timeout.stage.js';

/** Gives a route clocks of its own for its upstream calls. */
@Injectable()
export class TimeoutPolicy implements Policy<TimeoutOptions> {
  readonly name = TIMEOUT;

  stage(): StageName {
    return 'shape';
  }

  check(options: TimeoutOptions): readonly string[] {
    return timeoutProblems(options);
  }

  compile(options: TimeoutOptions): CompiledPolicy {
    return { before: timeoutStage(options) };
  }

  describe(options: TimeoutOptions): string {
    const set = TIMEOUT_CLOCKS.filter((clock) => options[clock] !== undefined);
    return set.map((clock) => `${clock.slice(0, -2)} ${options[clock]}ms`).join(', ');
  }
}
