import type { IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware, type Options } from 'http-proxy-middleware';

/** Tells whether a `pathFilter` takes a request. */
export type PathFilterProbe = (req: IncomingMessage) => Promise<boolean>;

/**
 * Asks the middleware itself: it says nothing when it leaves a handshake alone, but it hands a request on. One whose
 * router does nothing but throw is asked, so that what it takes goes nowhere. `undefined` without a filter.
 */
export function pathFilterProbe({ pathFilter }: Options): PathFilterProbe | undefined {
  if (pathFilter === undefined) return undefined;
  const taken = new Error('the path filter takes it');
  const router = (): never => {
    throw taken;
  };
  const ask = createProxyMiddleware<IncomingMessage, ServerResponse>({ pathFilter, router });
  const nobody = undefined as unknown as ServerResponse;
  return (req) =>
    new Promise((resolve, reject) => {
      ask(req, nobody, (error?: unknown) => resolve(error === taken)).catch(reject);
    });
}
