import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import {
  ADMISSION_LIMIT,
  type AdmissionLimitOptions,
  admissionLimitProblems,
  resolveAdmissionLimit,
} from './admission-limit.options.js';
import { Limits } from './limits.js';
import { quotaText } from './rate-limit.options.js';

/** Limits requests before anybody is asked who he is, so that credentials cannot be tried without end. */
@Injectable()
export class AdmissionLimitPolicy implements Policy<AdmissionLimitOptions> {
  readonly name = ADMISSION_LIMIT;

  constructor(private readonly limits: Limits) {}

  stage(): StageName {
    return 'admission';
  }

  check(options: AdmissionLimitOptions, route: RouteFacts): readonly string[] {
    const problems = admissionLimitProblems(options);
    return problems.length > 0 ? problems : this.limits.unsupported(resolveAdmissionLimit(options, route.id));
  }

  compile(options: AdmissionLimitOptions, route: RouteFacts): CompiledPolicy {
    const { before } = this.limits.rateStage(resolveAdmissionLimit(options, route.id), route);
    return options.preflights === true ? { before, beforePreflight: before } : { before };
  }

  describe(options: AdmissionLimitOptions): string {
    const { by = 'address', preflights, shadow } = options;
    const words = [`${quotaText(options)} by ${by}`];
    if (preflights === true) words.push('preflights too');
    if (shadow === true) words.push('shadow');
    return words.join(', ');
  }
}
