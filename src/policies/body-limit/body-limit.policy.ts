import { Inject, Injectable } from '@nestjs/common';
import { show } from '../../contracts/option-check.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { type BodyLimitOptions, sizeBytes, sizeText } from './body-limit.options.js';
import { BODY_LIMIT, bodyLimitStage } from './body-limit.stage.js';

/** Token of the limit, in bytes, for routes without `@BodyLimit`; 0 lifts it. */
export const DEFAULT_BODY_LIMIT = Symbol('portcullis.default-body-limit');

/** Bounds request bodies, on every route. */
@Injectable()
export class BodyLimitPolicy implements Policy<BodyLimitOptions> {
  readonly name = BODY_LIMIT;
  readonly defaultOptions: BodyLimitOptions;

  constructor(@Inject(DEFAULT_BODY_LIMIT) defaultBytes: number) {
    this.defaultOptions = Object.freeze({ limit: defaultBytes });
  }

  stage(): StageName {
    return 'admission';
  }

  check({ limit }: BodyLimitOptions): readonly string[] {
    if (!Number.isNaN(sizeBytes(limit))) return [];
    return [`limit is ${show(limit)}; must be whole bytes, a size like '512kb' or '1mb', or 'none'.`];
  }

  compile({ limit }: BodyLimitOptions): CompiledPolicy {
    const limitBytes = sizeBytes(limit);
    return limitBytes === 0 ? {} : { before: bodyLimitStage(limitBytes) };
  }

  describe({ limit }: BodyLimitOptions): string {
    return sizeText(sizeBytes(limit));
  }
}
