import type { Exchange } from '../../contracts/exchange.js';
import type { Dress, ResponseStage, Stage } from '../../contracts/policy.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import { runAfter } from '../../contracts/run-after.js';
import type { CompiledPlugin } from '../plugins/kong-plugin.js';

type Phases = {
  readonly [phase in 'before' | 'after' | 'dress' | 'log']?: CompiledPlugin[phase] | undefined;
};

/** The plugins of a route as flat lists. */
export interface KongPipeline {
  readonly before: readonly Stage[];
  /** What is done to every answer, the gateway's own included; `undefined` when nothing. */
  readonly shape: ResponseStage | undefined;
  readonly dress: readonly Dress[];
  /** What takes note of the fields of answers, for the logs: behind all that change them. */
  readonly notes: readonly Dress[];
  readonly logs: readonly ((exchange: Exchange) => void)[];
}

/**
 * Kong has one phase for the fields of answers, in which a plugin may change what those in front of it wrote. So what
 * stands in front of a plugin that shapes answers writes its fields there; on answers that were not shaped, at the end.
 *
 * @param slots in the order they run, which is the same in every phase
 */
export function kongPipeline(slots: readonly Phases[]): KongPipeline {
  const lastShaping = slots.findLastIndex(({ after }) => after !== undefined);
  const early: Dress[] = [];
  const late: Dress[] = [];
  const notes: Dress[] = [];
  const steps: ResponseStage[] = [];
  slots.forEach(({ after, dress, log }, i) => {
    if (dress !== undefined) {
      if (log !== undefined) notes.push(dress);
      else if (i >= lastShaping) late.push(dress);
      else {
        early.push(dress);
        steps.push((exchange, response) => response.withHeaders(dress(exchange, response.headers)));
      }
    }
    if (after !== undefined) steps.push(after);
  });
  const shaped = new ShapedAnswers();
  const shapes = steps.length > 0;
  return {
    before: slots.flatMap(({ before }) => before ?? []),
    shape: shapes ? shapeOf([withReplyFields, ...steps, shaped.note]) : undefined,
    dress: shapes ? [shaped.orElse(dressInTurn(early)), ...late] : late,
    notes,
    logs: slots.flatMap(({ log }) => log ?? []),
  };
}

/** Fields that the exchange has for its reply, as those of a rate limit, can be changed too. */
const withReplyFields: ResponseStage = ({ replyHeaders }, response) =>
  replyHeaders.length === 0 ? response : response.withHeaders([...response.headers, ...replyHeaders]);

/** Knows the answers that have their fields already. */
class ShapedAnswers {
  readonly #fields = new WeakMap<Exchange, RawHeaders>();

  readonly note: ResponseStage = (exchange, response) => {
    this.#fields.set(exchange, response.headers);
    return response;
  };

  /** An answer that takes the place of a shaped one has fields of its own. */
  orElse(dress: Dress): Dress {
    return (exchange, headers) => {
      if (this.#fields.get(exchange) !== headers) return dress(exchange, headers);
      // They are among the others.
      exchange.replyHeaders.length = 0;
      return headers;
    };
  }
}

/** Fields of answers, changed by one after the other. */
export function dressInTurn(all: readonly Dress[]): Dress {
  const [only] = all;
  if (all.length === 1) return only as Dress;
  return (exchange, headers) => all.reduce((fields, dress) => dress(exchange, fields), headers);
}

function shapeOf(stages: readonly ResponseStage[]): ResponseStage {
  return (exchange, response) => runAfter(stages, exchange, response);
}
