import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError, type GatewayErrorOptions } from '../../contracts/gateway-error.js';
import type { Stage } from '../../contracts/policy.js';
import { type KongAnswer, KongRefusal } from './kong-refusal.js';

/**
 * What Kong says where a policy refuses, with a refusal of its own where logs shall know of another one; `undefined`
 * leaves it to how routes of Kong answer the gateway's own codes.
 */
export type KongWords = (exchange: Exchange, error: GatewayError) => KongAnswer | KongRefusal | undefined;

/** A policy's stage whose refusals the client reads in Kong's words. */
export function inKongsWords(stage: Stage, words: KongWords): Stage {
  return (exchange) => {
    let waiting: void | Promise<void>;
    try {
      waiting = stage(exchange);
    } catch (error) {
      throw said(exchange, error, words);
    }
    if (waiting === undefined) return undefined;
    return waiting.catch((error: unknown) => {
      throw said(exchange, error, words);
    });
  };
}

/** Whatever is no refusal of a policy stays what it is: an early answer, a failure, words of Kong's already. */
function said(exchange: Exchange, thrown: unknown, words: KongWords): unknown {
  if (!(thrown instanceof GatewayError) || thrown instanceof KongRefusal) return thrown;
  const answer = words(exchange, thrown);
  if (answer === undefined) return thrown;
  return answer instanceof KongRefusal ? answer : new KongRefusal(thrown.code, answer, optionsOf(thrown));
}

/** What logs and metrics know of an error. */
function optionsOf({ detail, upstream, cause, headers, policy, reason }: GatewayError): GatewayErrorOptions {
  return {
    headers,
    ...(detail === undefined ? {} : { detail }),
    ...(upstream === undefined ? {} : { upstream }),
    ...(cause === undefined ? {} : { cause }),
    ...(policy === undefined ? {} : { policy }),
    ...(reason === undefined ? {} : { reason }),
  };
}
