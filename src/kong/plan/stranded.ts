import type { Exchange } from '../../contracts/exchange.js';
import type { Dress } from '../../contracts/policy.js';
import { kongErrorAnswer } from '../answers/kong-error.answer.js';
import { KongTerms } from '../answers/kong-terms.js';
import type { CompiledPlugin } from '../plugins/kong-plugin.js';
import { dressInTurn, type KongPipeline, kongPipeline } from './route-pipeline.js';

/**
 * What happens to requests that no route takes: plugins of everything shape the answer and log it, as in Kong. Nothing of
 * them runs before, for Kong has refused by then.
 */
export class Stranded {
  readonly #pipeline: KongPipeline;
  readonly #dress: Dress;

  /** @param common Kong's fields on every answer */
  constructor(plugins: readonly CompiledPlugin[], common: Dress) {
    this.#pipeline = kongPipeline(plugins);
    const { dress, notes } = this.#pipeline;
    this.#dress = dressInTurn([...dress, common, ...notes]);
  }

  take(exchange: Exchange): void {
    const { shape, logs } = this.#pipeline;
    const own = this.#dress;
    const { dress: outer } = exchange;
    exchange.dress = outer === undefined ? own : (asked, headers) => own(asked, outer(asked, headers));
    exchange.errorAnswer = kongErrorAnswer;
    exchange.shapeOwnAnswer = shape;
    // Nothing is sent upstream; the request has its one id by these.
    exchange.upstreamTerms = new KongTerms(exchange, false, undefined);
    for (const log of logs) exchange.atEnd(() => log(exchange));
  }
}
