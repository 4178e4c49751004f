import { Injectable } from '@nestjs/common';
import { shortPhrase } from '../../contracts/field-edits.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { TRANSFORM_RESPONSE } from './transform-response.decorator.js';
import {
  checkTransformResponse,
  responsePhrases,
  type TransformResponseOptions,
} from './transform-response.options.js';
import { transformResponseStage } from './transform-response.stage.js';

/** Response transforms as the plan's compiler sees them. */
@Injectable()
export class TransformResponsePolicy implements Policy<TransformResponseOptions> {
  readonly name = TRANSFORM_RESPONSE;

  stage(): StageName {
    return 'filter';
  }

  check(options: TransformResponseOptions): readonly string[] {
    return checkTransformResponse(options);
  }

  compile(options: TransformResponseOptions): CompiledPolicy {
    return { after: transformResponseStage(options) };
  }

  describe(options: TransformResponseOptions): string {
    return shortPhrase(responsePhrases(options));
  }
}
