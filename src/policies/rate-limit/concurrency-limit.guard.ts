import { Injectable } from '@nestjs/common';
import type { Exchange } from '../../contracts/exchange.js';
import { ConcurrencyLimitPolicy } from './concurrency-limit.policy.js';
import { DeclaredLimitGuard } from './declared-limit.guard.js';

const counted = new WeakSet<Exchange>();

/** Nest's door to `@ConcurrencyLimit` on ordinary controllers: `@UseGuards(ConcurrencyLimitGuard)`. */
@Injectable()
export class ConcurrencyLimitGuard extends DeclaredLimitGuard {
  constructor(policy: ConcurrencyLimitPolicy) {
    super(policy, counted);
  }
}
