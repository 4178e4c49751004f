import { Inject, Injectable, Optional } from '@nestjs/common';
import { shortPhrase } from '../../contracts/field-edits.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { mintCorrelationId } from '../correlation-id/correlation-id.js';
import { askWhole } from './json.stage.js';
import {
  SILENT_TRANSFORM_OBSERVER,
  TRANSFORM_OBSERVER,
  type TransformObserver,
} from './transform-observer.js';
import { TRANSFORM_RESPONSE } from './transform-response.decorator.js';
import {
  checkTransformResponse,
  responseBufferBytes,
  responsePhrases,
  type TransformResponseOptions,
} from './transform-response.options.js';
import { transformResponseStage } from './transform-response.stage.js';

/** Response transforms as the plan's compiler sees them. */
@Injectable()
export class TransformResponsePolicy implements Policy<TransformResponseOptions> {
  readonly name = TRANSFORM_RESPONSE;

  constructor(
    @Optional()
    @Inject(TRANSFORM_OBSERVER)
    private readonly observer: TransformObserver = SILENT_TRANSFORM_OBSERVER,
  ) {}

  stage(): StageName {
    return 'filter';
  }

  check(options: TransformResponseOptions): readonly string[] {
    return checkTransformResponse(options);
  }

  compile(options: TransformResponseOptions): CompiledPolicy {
    const after = transformResponseStage(options, mintCorrelationId, this.observer);
    const bufferLimitBytes = responseBufferBytes(options);
    return bufferLimitBytes === undefined ? { after } : { before: askWhole, after, bufferLimitBytes };
  }

  describe(options: TransformResponseOptions): string {
    return shortPhrase(responsePhrases(options));
  }
}
