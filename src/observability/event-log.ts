import { pino } from 'pino';
import type { Clock } from '../contracts/clock.js';
import type { EventLevel, EventLog } from './events.js';
import { asciiLine } from './json-text.js';
import { LineClock } from './line-clock.js';
import type { LogSink } from './log-sink.js';

/** The event log on pino: one JSON line per event, in the same shape and file as the access log. */
export function createEventLog(level: EventLevel | 'silent', sink: LogSink, clock: Clock): EventLog {
  const lines = new LineClock();
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${lines.text(clock.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => sink.write(asciiLine(line)) },
  );
  const at =
    (name: EventLevel): EventLog[EventLevel] =>
    (event, fields) =>
      logger[name]({ event, ...fields });
  return Object.freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}
