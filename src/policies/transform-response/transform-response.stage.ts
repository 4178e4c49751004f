import { compileHeaderEdits } from '../../contracts/edit-source.js';
import type { Exchange } from '../../contracts/exchange.js';
import { applyEdits, foldHeaderName } from '../../contracts/header-edit.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import { mintCorrelationId } from '../correlation-id/correlation-id.js';
import type { TransformResponseOptions } from './transform-response.options.js';

/** Applies the declared edits to an answer's headers. `mint` makes the value of each `$(uuid)`. */
export function transformResponseStage(
  options: TransformResponseOptions,
  mint: () => string = mintCorrelationId,
): (exchange: Exchange, response: UpstreamResponse) => UpstreamResponse {
  const edits = compileHeaderEdits(options.headers, { mint, correlated: undefined });
  if (edits === undefined) return (_exchange, response) => response;
  return (exchange, response) =>
    response.withHeaders(applyEdits(response.headers, edits(exchange), foldHeaderName));
}
