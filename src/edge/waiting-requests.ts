import { AsyncResource } from 'node:async_hooks';
import type { Exchange } from '../contracts/exchange.js';
import { answerUnderWay } from './answer-under-way.js';

/** RFC 9110, section 9.2.1, without TRACE, which is not served. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether requests of one connection may be worked on side by side: all of them only read (RFC 9112, section 9.3.2). */
export function areSafe(exchanges: readonly Exchange[]): boolean {
  return exchanges.every(({ method }) => SAFE.has(method));
}

/** The pipelined requests of one connection that must not overtake those before them, in their order. */
export class WaitingRequests {
  #queue: { readonly exchange: Exchange; readonly serve: () => void }[] = [];

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  add(exchange: Exchange, serve: () => void): void {
    // It is served when another request ends, and must not find that one's context.
    this.#queue.push({ exchange, serve: AsyncResource.bind(serve) });
  }

  /** Serves the next one, unless another request of the connection is being worked on. */
  proceed(inFlight: number): void {
    // Some may have ended where they stood: their body was refused, or came too slowly.
    this.#queue = this.#queue.filter(({ exchange }) => !exchange.finished);
    if (inFlight > this.#queue.length) return;
    const next = this.#queue.shift();
    if (next !== undefined && isOwed(next.exchange)) next.serve();
  }
}

/** Nobody is served behind an answer that says `close` (RFC 9112, section 9.6): such requests end with the connection. */
function isOwed({ req, res }: Exchange): boolean {
  const answer = answerUnderWay(req.socket) as (Exchange['res'] & { readonly _last?: boolean }) | undefined;
  return answer === res || (answer !== undefined && answer._last !== true);
}
