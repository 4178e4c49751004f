import { Injectable } from '@nestjs/common';
import type { Exchange } from '../../contracts/exchange.js';
import { AdmissionLimitPolicy } from './admission-limit.policy.js';
import { DeclaredLimitGuard } from './declared-limit.guard.js';

const counted = new WeakSet<Exchange>();

/**
 * Nest's door to `@AdmissionLimit` on ordinary controllers: `@UseGuards(AdmissionLimitGuard)`. Name it before guards that
 * look at credentials.
 */
@Injectable()
export class AdmissionLimitGuard extends DeclaredLimitGuard {
  constructor(policy: AdmissionLimitPolicy) {
    super(policy, counted);
  }
}
