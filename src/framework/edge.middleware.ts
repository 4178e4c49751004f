import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EdgeHolder } from './edge.holder.js';

/**
 * The edge as a middleware, for an application that runs on Nest's own adapter (a testing module, an existing app).
 * Every route is interpreted there; correlation, policies, errors and recording are the same.
 *
 * It is registered on the adapter itself: what `consumer.apply` mounts loses its mount path from the request's URL
 * and stands below a global prefix.
 */
export function edgeMiddleware(
  holder: EdgeHolder,
): (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void {
  return (req, res, next) => {
    const { edge } = holder;
    if (edge === undefined) next();
    else edge.handle(req, res, next);
  };
}
