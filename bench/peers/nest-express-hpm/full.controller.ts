import { All, Controller, Next, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { NextFunction, Request, Response } from 'express';
import { TeamGuard } from '../../team.guard.js';
import { AccessLogInterceptor } from './access-log.interceptor.js';
import { forward } from './forward.js';
import { SubjectThrottlerGuard } from './subject-throttler.guard.js';

/** The policies of the interpreted row, each as a Nest team would write it, and the team's own guard. */
@Controller('interpreted')
@UseGuards(AuthGuard('jwt'), SubjectThrottlerGuard, TeamGuard)
@UseInterceptors(AccessLogInterceptor)
export class FullController {
  readonly #forward = forward('');

  @All('*path')
  async any(@Req() req: Request, @Res() res: Response, @Next() next: NextFunction): Promise<void> {
    await this.#forward(req, res, next);
  }
}
