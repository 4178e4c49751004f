import { Inject, Injectable } from '@nestjs/common';
import {
  checkedElsewhere,
  checkOptions,
  type OptionRules,
  show,
  trueOrFalse,
} from '../../contracts/option-check.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { type BodyLimitOptions, sizeBytes, sizeText } from './body-limit.options.js';
import { BODY_LIMIT, bodyLimitStage, requireBodyLength } from './body-limit.stage.js';

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

  check(options: BodyLimitOptions): readonly string[] {
    const problems = checkOptions('', '', options, RULES).map(({ message }) => message);
    const { limit } = options;
    if (Number.isNaN(sizeBytes(limit))) {
      problems.push(`limit is ${show(limit)}; must be whole bytes, a size like '512kb' or '1mb', or 'none'.`);
    }
    return problems;
  }

  compile({ limit, requireLength }: BodyLimitOptions): CompiledPolicy {
    const limitBytes = sizeBytes(limit);
    const judged = limitBytes === 0 ? undefined : bodyLimitStage(limitBytes);
    if (requireLength !== true) return judged === undefined ? {} : { before: judged };
    if (judged === undefined) return { before: requireBodyLength };
    return {
      before: (exchange) => {
        requireBodyLength(exchange);
        return judged(exchange);
      },
    };
  }

  describe({ limit, requireLength }: BodyLimitOptions): string {
    const size = sizeText(sizeBytes(limit));
    return requireLength === true ? `${size}, length required` : size;
  }
}

const RULES: OptionRules<BodyLimitOptions> = {
  limit: checkedElsewhere,
  requireLength: trueOrFalse,
};
