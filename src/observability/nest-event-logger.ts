import type { LoggerService } from '@nestjs/common';
import { EVENTS, type EventLevel, type EventLog } from './events.js';

/** The contexts under which Nest tells what it does at boot. */
const NEST_CONTEXTS: ReadonlySet<string> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Sends what Nest itself logs through the event log, so that a process has one kind of line. */
export class NestEventLogger implements LoggerService {
  constructor(private readonly events: EventLog) {}

  /** Nest tells each module and route at this level, which no operator needs; a team's own messages are kept. */
  log(message: unknown, ...rest: unknown[]): void {
    const own = rest.some((part) => typeof part === 'string' && NEST_CONTEXTS.has(part));
    this.#send(own ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#send('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.#send('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.#send('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.#send('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.#send('error', message, rest);
  }

  /** Nest puts the context last and, for errors, the stack before it. */
  #send(level: EventLevel, message: unknown, rest: readonly unknown[]): void {
    const texts = rest.filter((part): part is string => typeof part === 'string');
    const stack = texts.find((text) => text.includes('\n'));
    const context = texts.findLast((text) => text !== stack);
    this.events[level](EVENTS.frameworkMessage, {
      ...(context === undefined ? {} : { context }),
      message: message instanceof Error ? message.message : message,
      ...(stack === undefined ? {} : { stack }),
    });
  }
}
