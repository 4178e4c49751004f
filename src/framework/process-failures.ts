import { describeCause } from '../observability/describe-cause.js';
import { EVENTS, type EventLog } from '../observability/events.js';

/**
 * Keeps a fault that nobody caught from cutting the requests of everybody else.
 *
 * - A rejection that nobody handled (a promise a handler forgot to await) is logged and the process serves on: the
 *   function that failed has ended by itself, and no other request stood on its stack.
 * - An exception that nobody caught may have left anything half done, also in Node's own streams, so the process is
 *   not trusted any longer: it is logged, and `retire` takes it out of service in order for a fresh one to take over.
 * - A standard stream whose reader is gone has nothing to tell anybody, so its errors count as neither.
 */
export function surviveFailures(events: EventLog, retire: () => void): void {
  process.on('unhandledRejection', (reason) => {
    events.error(EVENTS.processFailed, { kind: 'unhandled-rejection', cause: describeCause(reason, true) });
  });
  process.on('uncaughtException', (error) => {
    events.error(EVENTS.processFailed, { kind: 'uncaught-exception', cause: describeCause(error, true) });
    retire();
  });
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
