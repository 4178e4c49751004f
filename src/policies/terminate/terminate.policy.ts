import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { terminateAnswer } from './terminate.answer.js';
import { checkTerminate, TERMINATE, TERMINATE_DEFAULTS, type TerminateOptions } from './terminate.options.js';
import { terminateStage } from './terminate.stage.js';

/** Answers of the gateway's own in a handler's place. */
@Injectable()
export class TerminatePolicy implements Policy<TerminateOptions> {
  readonly name = TERMINATE;
  readonly atTheEdge = true;

  /** Behind identity and quota: an answer is worth as much as the one it stands for. */
  stage(): StageName {
    return 'shape';
  }

  check(options: TerminateOptions): readonly string[] {
    return checkTerminate(options);
  }

  compile(options: TerminateOptions): CompiledPolicy {
    return { before: terminateStage(options.trigger, terminateAnswer(options)) };
  }

  describe({ status = TERMINATE_DEFAULTS.status, echo, trigger }: TerminateOptions): string {
    return `${status}${echo === true ? ', echoes' : ''}${trigger === undefined ? '' : ` for ${trigger}`}`;
  }
}
