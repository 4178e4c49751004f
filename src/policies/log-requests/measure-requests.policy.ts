import { Inject, Injectable, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../contracts/clock.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { REQUEST_METER, type RequestMeter } from '../../contracts/request-meter.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { figuresOf } from './exchange-figures.js';
import {
  MEASURE_REQUESTS,
  type MeasureRequestsOptions,
  measureRequestsProblems,
} from './measure-requests.options.js';
import { noteReply, sentReply } from './sent-reply.js';

/** Measures requests under the names of Kong's prometheus plugin, once each, when they are over. */
@Injectable()
export class MeasureRequestsPolicy implements Policy<MeasureRequestsOptions> {
  readonly name = MEASURE_REQUESTS;
  readonly atTheEdge = true;
  readonly #clock: Clock;

  constructor(
    @Optional() @Inject(REQUEST_METER) private readonly meter?: RequestMeter,
    @Optional() @Inject(CLOCK) clock?: Clock,
  ) {
    this.#clock = clock ?? systemClock;
  }

  /** It takes note of the answer behind all that change it. */
  stage(): StageName {
    return 'filter';
  }

  check(options: MeasureRequestsOptions): readonly string[] {
    const problems = measureRequestsProblems(options);
    return this.meter === undefined && problems.length === 0
      ? ['needs the gateway around it; start the application with createGateway.']
      : problems;
  }

  compile(options: MeasureRequestsOptions, facts: RouteFacts): CompiledPolicy {
    const {
      status = false,
      latency = false,
      bandwidth = false,
      targets = false,
      perConsumer = false,
    } = options;
    const service = options.service ?? facts.upstream;
    // As in Kong: what belongs to no service is in no series.
    if (service === undefined || this.meter === undefined) return {};
    const clock = this.#clock;
    const route = options.route ?? facts.id;
    const measured = this.meter.measure({ service, route, status, latency, bandwidth, targets });
    return {
      dress: noteReply(() => clock.monotonic()),
      log: (exchange) => {
        const { answered, ...figures } = figuresOf(exchange, sentReply(exchange), clock.monotonic());
        const consumer = exchange.principal?.consumer;
        measured({
          ...figures,
          code: exchange.status,
          source: answered ? 'service' : 'kong',
          consumer: perConsumer && consumer !== undefined ? (consumer.name ?? consumer.id) : '',
        });
      },
    };
  }

  describe({ status, latency, bandwidth, targets, perConsumer }: MeasureRequestsOptions): string {
    const what = Object.entries({ status, latency, bandwidth, targets }).filter(
      ([, wanted]) => wanted === true,
    );
    const words = what.map(([name]) => name);
    return (words.join(', ') || 'nothing') + (perConsumer === true ? ' by consumer' : '');
  }
}
