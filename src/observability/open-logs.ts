import { ConfigError } from '../contracts/config-problem.js';
import { EVENTS, type EventLog } from './events.js';
import { LogSink, type LogSinkOptions } from './log-sink.js';
import { openLogDescriptor } from './open-log-descriptor.js';

export interface Logs {
  readonly events: LogSink;
  /** `undefined` when the access log is off. */
  readonly access: LogSink | undefined;
  readonly droppedLines: () => number;
  /** What a file's sink is told, so that its troubles are logged. */
  readonly troubles: (path: string) => Pick<LogSinkOptions, 'onTrouble' | 'onRecovery'>;
  close(timeoutMs: number): Promise<void>;
}

/**
 * Opens the places both logs go to: events to stdout, access lines where the setting says. On stdout they share one
 * sink, so that lines never mix.
 *
 * @throws ConfigError when the file cannot be opened
 */
export function openLogs(accessLog: string, given: LogSink | undefined, eventsOf: () => EventLog): Logs {
  const events = given ?? openSink('stdout', eventsOf);
  const access =
    accessLog === 'off'
      ? undefined
      : given || accessLog === 'stdout'
        ? events
        : openSink(accessLog, eventsOf);
  const sinks = new Set([events, ...(access === undefined ? [] : [access])]);
  return {
    events,
    access,
    droppedLines: () => [...sinks].reduce((sum, sink) => sum + sink.droppedLines, 0),
    troubles: (path) => troublesOf(path, eventsOf),
    close: async (timeoutMs) => {
      await Promise.all([...sinks].map((sink) => sink.close(timeoutMs)));
    },
  };
}

function openSink(target: string, eventsOf: () => EventLog): LogSink {
  try {
    const { fd, owned } = openLogDescriptor(target);
    return new LogSink(fd, { ownsDescriptor: owned, ...troublesOf(target, eventsOf) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ConfigError([
      {
        where: 'ACCESS_LOG',
        message: `${target} cannot be opened (${code}); name a file that can be written.`,
      },
    ]);
  }
}

function troublesOf(log: string, eventsOf: () => EventLog): ReturnType<Logs['troubles']> {
  return {
    onTrouble: (code) => eventsOf().warn(EVENTS.logSinkFailing, { log, code }),
    onRecovery: (droppedLines) => eventsOf().info(EVENTS.logSinkRecovered, { log, droppedLines }),
  };
}
