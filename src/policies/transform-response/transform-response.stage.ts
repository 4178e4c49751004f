import { ClientClaims } from '../../contracts/client-claims.js';
import { compileHeaderEdits } from '../../contracts/edit-source.js';
import type { Exchange } from '../../contracts/exchange.js';
import { applyEdits, foldHeaderName } from '../../contracts/header-edit.js';
import type { ResponseStage } from '../../contracts/policy.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import { mintCorrelationId } from '../correlation-id/correlation-id.js';
import { jsonStage } from './json.stage.js';
import { SILENT_TRANSFORM_OBSERVER, type TransformObserver } from './transform-observer.js';
import { TRANSFORM_RESPONSE } from './transform-response.decorator.js';
import { responseBufferBytes, type TransformResponseOptions } from './transform-response.options.js';

/**
 * Applies the declared edits to an answer: its JSON as the upstream typed it, then its headers.
 *
 * @param mint makes the value of each `$(uuid)`
 */
export function transformResponseStage(
  options: TransformResponseOptions,
  mint: () => string = mintCorrelationId,
  observer: TransformObserver = SILENT_TRANSFORM_OBSERVER,
): ResponseStage {
  const headers = headerStage(options, mint);
  const limitBytes = responseBufferBytes(options);
  if (options.json === undefined || limitBytes === undefined) return headers;
  const json = jsonStage(options.json, limitBytes, observer);
  return (exchange, response) => {
    const edited = json(exchange, response);
    return edited instanceof Promise
      ? edited.then((ready) => headers(exchange, ready))
      : headers(exchange, edited);
  };
}

function headerStage(
  options: TransformResponseOptions,
  mint: () => string,
): (exchange: Exchange, response: UpstreamResponse) => UpstreamResponse {
  const edits = compileHeaderEdits(options.headers, {
    mint,
    correlated: undefined,
    claims: new ClientClaims(),
    policy: TRANSFORM_RESPONSE,
  });
  if (edits === undefined) return (_exchange, response) => response;
  return (exchange, response) =>
    response.withHeaders(applyEdits(response.headers, edits(exchange), foldHeaderName));
}
