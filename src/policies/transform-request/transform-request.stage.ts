import { ClientClaims } from '../../contracts/client-claims.js';
import { compileHeaderEdits, compileTextEdits, type PlaceSource } from '../../contracts/edit-source.js';
import type { Exchange } from '../../contracts/exchange.js';
import { type FieldEdits, WRITING_VERBS } from '../../contracts/field-edits.js';
import { ForwardCall } from '../../contracts/forward-call.js';
import { applyEdits, foldHeaderName, type HeaderEdit } from '../../contracts/header-edit.js';
import type { ResponseStage } from '../../contracts/policy.js';
import { EMPTY_BODY } from '../../contracts/upstream-response.js';
import {
  CORRELATION_FIELD,
  mintCorrelationId,
  writtenCorrelationId,
} from '../correlation-id/correlation-id.js';
import { BodyShaper, editedBody } from './body/body.shaper.js';
import { formAsQuery } from './body/form.body.js';
import { TRANSFORM_REQUEST } from './transform-request.decorator.js';
import {
  BODY_EDITS_DEFAULTS,
  requestBufferBytes,
  type TransformRequestOptions,
} from './transform-request.options.js';
import { compileUpstreamPath } from './upstream-path.js';

/**
 * Puts the declared edits on the exchange's call.
 *
 * 1. Every value that is filled in is read first, from the request as it came here.
 * 2. Method, path and headers are changed at once.
 * 3. The body, where it has fields to edit, is waited for. With GET and HEAD a form's fields join the query.
 * 4. The query comes last.
 *
 * @param mint makes the value of each `$(uuid)`
 */
export function transformRequestStage(
  options: TransformRequestOptions,
  mint: () => string = mintCorrelationId,
  claims: ClientClaims = new ClientClaims(),
): (exchange: Exchange) => void | Promise<void> {
  const source: PlaceSource = { mint, correlated: undefined, claims, policy: TRANSFORM_REQUEST };
  const headerEdits = compileHeaderEdits(options.headers, { ...source, correlated: CORRELATION_FIELD });
  const queryEdits = compileTextEdits(options.query, source);
  const bodyEdits = compileTextEdits(options.body, source);
  const pathOf = options.path === undefined ? undefined : compileUpstreamPath(options.path, mint, claims);
  const { method } = options;
  const writesId = options.headers !== undefined && writesCorrelation(options.headers);
  const shaper = bodyShaper(options, bodyEdits !== undefined);

  return (exchange) => {
    let { call } = exchange;
    if (call === undefined) return undefined;
    // 1
    const path = pathOf?.(exchange);
    const headers = headerEdits?.(exchange);
    const body = bodyEdits?.(exchange);
    const query = queryEdits?.(exchange);
    // 2
    if (method !== undefined || path !== undefined) call = readdressed(call, method, path);
    if (headers !== undefined) {
      call = call.withEdits(headers);
      if (writesId) exchange.correlationId = editedCorrelationId(call) ?? exchange.correlationId;
    }
    // 3
    const shaped = shaper === undefined ? call : shaper(exchange, call, body);
    // 4
    if (!(shaped instanceof Promise)) {
      exchange.call = withQuery(shaped, query);
      return undefined;
    }
    return shaped.then((ready) => {
      exchange.call = withQuery(ready, query);
    });
  };
}

/** What an upstream answers to HEAD has a length and no body: the client that asked otherwise would wait for it. */
export const withoutBodyOfHead: ResponseStage = (exchange, response) => {
  if (exchange.method === 'HEAD') return response;
  response.body.discard();
  return response.withBody(EMPTY_BODY);
};

type Shape = (
  exchange: Exchange,
  call: ForwardCall,
  edits: readonly HeaderEdit[] | undefined,
) => ForwardCall | Promise<ForwardCall>;

function bodyShaper(options: TransformRequestOptions, editing: boolean): Shape | undefined {
  const limitBytes = requestBufferBytes(options);
  if (limitBytes === undefined) return undefined;
  const { unreadable = BODY_EDITS_DEFAULTS.unreadable } = options.body ?? {};
  const asksOnly = options.method === 'GET' || options.method === 'HEAD';
  const shaper = new BodyShaper({
    limitBytes,
    unreadable,
    policy: TRANSFORM_REQUEST,
    wants: ({ kind }) => editing || kind === 'form',
  });
  return (exchange, call, edits = NO_EDITS) => {
    const edit = editedBody(edits);
    return shaper.shape(exchange, call, (found, bytes, format) => {
      const edited = edit(found, bytes, format);
      return asksOnly && format.kind === 'form' ? withMoreQuery(edited, formAsQuery(bytes)) : edited;
    });
  };
}

const NO_EDITS: readonly HeaderEdit[] = Object.freeze([]);

function readdressed(call: ForwardCall, method = call.method, path = call.path): ForwardCall {
  const { exchange, query, body, headerEdits, clientHeaders } = call;
  return new ForwardCall(exchange, method, path, query, body, headerEdits, clientHeaders);
}

function withQuery(call: ForwardCall, edits: readonly HeaderEdit[] | undefined): ForwardCall {
  return edits === undefined ? call : call.withQueryEdits(edits);
}

function withMoreQuery(call: ForwardCall, more: string): ForwardCall {
  if (more === '') return call;
  const { exchange, method, path, query, body, headerEdits, clientHeaders } = call;
  const longer = query.length < 2 ? `?${more}` : `${query}&${more}`;
  return new ForwardCall(exchange, method, path, longer, body, headerEdits, clientHeaders);
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
