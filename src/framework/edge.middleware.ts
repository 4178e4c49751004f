import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { EdgeHolder } from './edge.holder.js';

/**
 * The edge as a middleware, for an application that runs on Nest's own adapter (a testing module, an existing app).
 * Every route is interpreted there; correlation, policies, errors and recording are the same.
 */
@Injectable()
export class EdgeMiddleware implements NestMiddleware {
  constructor(private readonly holder: EdgeHolder) {}

  use(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    const { edge } = this.holder;
    if (edge === undefined) next();
    else edge.handle(req, res, next);
  }
}
