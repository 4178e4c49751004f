import { Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';

/** Counts by the verified subject instead of the address, as the throttler's documents say to. */
@Injectable()
export class SubjectThrottlerGuard extends ThrottlerGuard {
  protected override async getTracker(req: { user?: { subject: string } }): Promise<string> {
    return req.user?.subject ?? 'nobody';
  }
}
