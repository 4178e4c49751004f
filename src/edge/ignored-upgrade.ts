import type { IncomingMessage, ServerResponse } from 'node:http';
import { takeNoMore } from './last-request.js';

/** `Connection: Upgrade`, in a list or alone. */
const ASKS = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;

/**
 * Makes a request that asks for another protocol the last of its connection: it is answered as an ordinary one.
 *
 * Behind such a request node:http's parser stops and drops whatever else the same read brought. The next read would then
 * pass for the beginning of a request wherever it begins, in the middle of a header for one (RFC 9112, section 11.2).
 */
export function endBehindUpgrade(req: IncomingMessage, res: ServerResponse): void {
  if (!ASKS.test(req.headers.connection ?? '')) return;
  takeNoMore(req.socket);
  res.shouldKeepAlive = false;
}
