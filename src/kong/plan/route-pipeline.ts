import type { Exchange } from '../../contracts/exchange.js';
import type { Dress, ResponseStage, Stage } from '../../contracts/policy.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
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

/** @param slots in the order they run, which is the same in every phase */
export function kongPipeline(slots: readonly Phases[]): KongPipeline {
  return {
    before: slots.flatMap(({ before }) => before ?? []),
    shape: shapeOf(slots.flatMap(({ after }) => after ?? [])),
    dress: slots.flatMap(({ dress, log }) => (log === undefined ? (dress ?? []) : [])),
    notes: slots.flatMap(({ dress, log }) => (log === undefined ? [] : (dress ?? []))),
    logs: slots.flatMap(({ log }) => log ?? []),
  };
}

/** Fields of answers, changed by one after the other. */
export function dressInTurn(all: readonly Dress[]): Dress {
  const [only] = all;
  if (all.length === 1) return only as Dress;
  return (exchange, headers) => all.reduce((fields, dress) => dress(exchange, fields), headers);
}

function shapeOf(stages: readonly ResponseStage[]): ResponseStage | undefined {
  if (stages.length < 2) return stages[0];
  return (exchange, response) => inTurn(stages, exchange, response, 0);
}

function inTurn(
  stages: readonly ResponseStage[],
  exchange: Exchange,
  response: UpstreamResponse,
  from: number,
): UpstreamResponse | Promise<UpstreamResponse> {
  let answer = response;
  for (let i = from; i < stages.length; i++) {
    const next = (stages[i] as ResponseStage)(exchange, answer);
    if (next instanceof Promise) return next.then((ready) => inTurn(stages, exchange, ready, i + 1));
    answer = next;
  }
  return answer;
}
