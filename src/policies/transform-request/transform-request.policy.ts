import { Injectable, Optional } from '@nestjs/common';
import { ClientClaims } from '../../contracts/client-claims.js';
import { shortPhrase } from '../../contracts/field-edits.js';
import { IdentityHeaders } from '../../contracts/identity-headers.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { mintCorrelationId } from '../correlation-id/correlation-id.js';
import { TRANSFORM_REQUEST } from './transform-request.decorator.js';
import {
  checkTransformRequest,
  requestBufferBytes,
  requestPhrases,
  type TransformRequestOptions,
} from './transform-request.options.js';
import { transformRequestStage, withoutBodyOfHead } from './transform-request.stage.js';

/** Request transforms as the plan's compiler sees them. */
@Injectable()
export class TransformRequestPolicy implements Policy<TransformRequestOptions> {
  readonly name = TRANSFORM_REQUEST;
  readonly #claims: ClientClaims;

  constructor(@Optional() headers?: IdentityHeaders) {
    this.#claims = new ClientClaims(headers);
  }

  stage(): StageName {
    return 'shape';
  }

  check(options: TransformRequestOptions): readonly string[] {
    return checkTransformRequest(options);
  }

  compile(options: TransformRequestOptions): CompiledPolicy {
    const bufferLimitBytes = requestBufferBytes(options);
    return {
      before: transformRequestStage(options, mintCorrelationId, this.#claims),
      ...(options.method === 'HEAD' ? { after: withoutBodyOfHead } : undefined),
      ...(bufferLimitBytes === undefined ? undefined : { bufferLimitBytes }),
    };
  }

  describe(options: TransformRequestOptions): string {
    return shortPhrase(requestPhrases(options));
  }
}
