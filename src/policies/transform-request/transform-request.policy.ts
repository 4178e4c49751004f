import { Injectable } from '@nestjs/common';
import { shortPhrase } from '../../contracts/field-edits.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { TRANSFORM_REQUEST } from './transform-request.decorator.js';
import {
  checkTransformRequest,
  requestPhrases,
  type TransformRequestOptions,
} from './transform-request.options.js';
import { transformRequestStage } from './transform-request.stage.js';

/** Request transforms as the plan's compiler sees them. */
@Injectable()
export class TransformRequestPolicy implements Policy<TransformRequestOptions> {
  readonly name = TRANSFORM_REQUEST;

  stage(): StageName {
    return 'shape';
  }

  check(options: TransformRequestOptions): readonly string[] {
    return checkTransformRequest(options);
  }

  compile(options: TransformRequestOptions): CompiledPolicy {
    return { before: transformRequestStage(options) };
  }

  describe(options: TransformRequestOptions): string {
    return shortPhrase(requestPhrases(options));
  }
}
