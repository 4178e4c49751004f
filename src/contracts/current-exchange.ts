import { AsyncLocalStorage } from 'node:async_hooks';
import type { Exchange } from './exchange.js';

const current = new AsyncLocalStorage<Exchange>();

/** Runs a handler so that whatever it calls, now or after an await, finds its exchange. */
export function runInExchange<T>(exchange: Exchange, handler: () => T): T {
  return current.run(exchange, handler);
}

/** The exchange this code works for; `undefined` outside every request. */
export function currentExchange(): Exchange | undefined {
  return current.getStore();
}
