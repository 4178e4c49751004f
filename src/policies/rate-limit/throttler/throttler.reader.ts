import { Injectable } from '@nestjs/common';
import { InjectThrottlerOptions, type ThrottlerModuleOptions } from '@nestjs/throttler';
import type { PolicyDeclaration } from '../../../contracts/policy.js';
import { throttlerDeclarations } from './throttler.declarations.js';

/** Reads `@Throttle` and `@SkipThrottle` on a proxy controller, against the options of this application. */
@Injectable()
export class ThrottlerReader {
  constructor(@InjectThrottlerOptions() private readonly options: ThrottlerModuleOptions) {}

  /** None, or one declaration of the rate-limit policy. */
  declarations(
    controller: abstract new (...args: never[]) => unknown,
    method: string,
  ): readonly PolicyDeclaration[] {
    return throttlerDeclarations(controller, method, this.options);
  }
}
