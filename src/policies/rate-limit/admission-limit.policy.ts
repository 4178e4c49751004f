import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  getOptionsToken,
  getStorageToken,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { LIMIT_OBSERVER, type LimitObserver } from '../../contracts/limit-observer.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import {
  ADMISSION_LIMIT,
  type AdmissionLimitOptions,
  admissionLimitProblems,
  resolveAdmissionLimit,
} from './admission-limit.options.js';
import { LimitStages } from './limit-stages.js';
import { windowMs, windowText } from './rate-limit.options.js';

/** Limits requests before anybody is asked who he is, so that credentials cannot be tried without end. */
@Injectable()
export class AdmissionLimitPolicy implements Policy<AdmissionLimitOptions> {
  readonly name = ADMISSION_LIMIT;
  readonly #stages: LimitStages;

  constructor(
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Optional() @Inject(LIMIT_OBSERVER) observer?: LimitObserver,
  ) {
    this.#stages = new LimitStages(storage, options, observer);
  }

  stage(): StageName {
    return 'admission';
  }

  check(options: AdmissionLimitOptions): readonly string[] {
    return admissionLimitProblems(options);
  }

  compile(options: AdmissionLimitOptions, route: RouteFacts): CompiledPolicy {
    return { before: this.#stages.make(resolveAdmissionLimit(options, route.id), route) };
  }

  describe({ limit, window, by = 'address', shadow }: AdmissionLimitOptions): string {
    return `${limit}/${windowText(windowMs(window))} by ${by}${shadow === true ? ', shadow' : ''}`;
  }
}
