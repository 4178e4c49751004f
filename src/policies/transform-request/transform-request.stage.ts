import { compileHeaderEdits, compileQueryEdits } from '../../contracts/edit-source.js';
import type { Exchange } from '../../contracts/exchange.js';
import { type FieldEdits, WRITING_VERBS } from '../../contracts/field-edits.js';
import type { ForwardCall } from '../../contracts/forward-call.js';
import { applyEdits, foldHeaderName } from '../../contracts/header-edit.js';
import {
  CORRELATION_FIELD,
  mintCorrelationId,
  writtenCorrelationId,
} from '../correlation-id/correlation-id.js';
import type { TransformRequestOptions } from './transform-request.options.js';

/** Puts the declared edits on the exchange's call. `mint` makes the value of each `$(uuid)`. */
export function transformRequestStage(
  options: TransformRequestOptions,
  mint: () => string = mintCorrelationId,
): (exchange: Exchange) => void {
  const headerEdits = compileHeaderEdits(options.headers, { mint, correlated: CORRELATION_FIELD });
  const queryEdits = compileQueryEdits(options.query, { mint, correlated: undefined });
  const writesId = options.headers !== undefined && writesCorrelation(options.headers);

  return (exchange) => {
    let { call } = exchange;
    if (call === undefined) return;
    if (headerEdits !== undefined) {
      call = call.withEdits(headerEdits(exchange));
      if (writesId) exchange.correlationId = editedCorrelationId(call) ?? exchange.correlationId;
    }
    if (queryEdits !== undefined) call = call.withQueryEdits(queryEdits(exchange));
    exchange.call = call;
  };
}

/** The id that stands in the request after its edits; `undefined` when that is no single valid id. */
function editedCorrelationId(call: ForwardCall): string | undefined {
  return writtenCorrelationId(applyEdits(call.exchange.req.rawHeaders, call.headerEdits, foldHeaderName));
}

function writesCorrelation(edits: FieldEdits): boolean {
  const written = [
    ...Object.values(edits.rename ?? {}),
    ...WRITING_VERBS.flatMap((verb) => Object.keys(edits[verb] ?? {})),
  ];
  return written.some((name) => name.toLowerCase() === CORRELATION_FIELD);
}
