import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../contracts/clock.js';
import { ConfigError } from '../../contracts/config-problem.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import {
  type LineLog,
  LOG_FILES,
  type LogFiles,
  REQUEST_LOG_OBSERVER,
  type RequestLogObserver,
  SILENT_REQUEST_LOG_OBSERVER,
} from '../../contracts/request-log.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { Collectors } from './http/collectors.js';
import { LOG_REQUESTS, type LogRequestsOptions, resolveCollector, revealed } from './log-requests.options.js';
import { logRequestsProblems } from './log-requests.rules.js';
import { recordWriter } from './request-record.js';
import { noteReply } from './sent-reply.js';

/** What is still to be sent when the gateway ends is sent within so long. */
const LAST_WORDS_MS = 2_500;

/** Records requests in files and at collectors, once each, when they are over. */
@Injectable()
export class LogRequestsPolicy implements Policy<LogRequestsOptions>, OnApplicationShutdown {
  readonly name = LOG_REQUESTS;
  readonly atTheEdge = true;
  readonly #collectors: Collectors;
  readonly #clock: Clock;

  constructor(
    @Optional() @Inject(LOG_FILES) private readonly files?: LogFiles,
    @Optional() @Inject(REQUEST_LOG_OBSERVER) observer?: RequestLogObserver,
    @Optional() @Inject(CLOCK) clock?: Clock,
  ) {
    this.#clock = clock ?? systemClock;
    this.#collectors = new Collectors(observer ?? SILENT_REQUEST_LOG_OBSERVER, this.#clock);
  }

  /** It takes note of the answer behind all that change it. */
  stage(): StageName {
    return 'filter';
  }

  check(options: LogRequestsOptions): readonly string[] {
    const problems = logRequestsProblems(options);
    const path = options?.file?.path;
    if (problems.length > 0 || path === undefined) return problems;
    if (this.files === undefined) {
      return ['file needs the gateway around it; start the application with createGateway.'];
    }
    const fault = this.files.fault(path);
    return fault === undefined ? [] : [`file.path: ${path} ${fault}`];
  }

  compile(options: LogRequestsOptions, route: RouteFacts): CompiledPolicy {
    const logs = this.#open(options, route);
    const write = recordWriter(options, route, this.#clock);
    return {
      before: noteTries,
      dress: noteReply(() => this.#clock.monotonic()),
      log: (exchange) => {
        const record = write(exchange);
        for (const log of logs) log.write(record);
      },
      close: () => {
        for (const log of logs) log.close();
      },
    };
  }

  describe({ file, http }: LogRequestsOptions): string {
    return [
      ...(file === undefined ? [] : [`to ${file.path}`]),
      ...(http === undefined ? [] : [`to ${new URL(revealed(http.url)).host}`]),
    ].join(', ');
  }

  onApplicationShutdown(): Promise<void> {
    return this.#collectors.close(LAST_WORDS_MS);
  }

  #open({ file, http, id = '' }: LogRequestsOptions, { handler }: RouteFacts): readonly LineLog[] {
    const logs: LineLog[] = [];
    if (file !== undefined && this.files !== undefined) {
      try {
        logs.push(this.files.open(file.path, file.reopen ?? false));
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
        const message = `file.path: ${file.path} cannot be opened (${code}); name a file that can be written.`;
        throw new ConfigError([{ where: handler, message }]);
      }
    }
    if (http !== undefined) logs.push(this.#collectors.open(resolveCollector(http), id));
    return logs;
  }
}

function noteTries(exchange: Exchange): void {
  exchange.tries ??= [];
}
