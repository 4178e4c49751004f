import { collectBody } from '../../contracts/collect-body.js';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { HeaderEdit } from '../../contracts/header-edit.js';
import type { ResponseStage } from '../../contracts/policy.js';
import { EMPTY_BODY, UpstreamResponse, WholeBody } from '../../contracts/upstream-response.js';
import { ASK_WHOLE } from '../json-body/ask-whole.js';
import { contentCoding, decodeContent } from '../json-body/content-coding.js';
import { parseExact } from '../json-body/exact-json.js';
import { bodyOverLimit, UnreadableBody } from '../json-body/unreadable-body.js';
import { UNSTATED_BODY } from '../json-body/unstated-body.js';
import { type CompiledFilter, compileFilter } from './compiled-filter.js';
import { FILTER_RESPONSE } from './filter-response.decorator.js';
import type { ResolvedFilterResponse } from './filter-response.options.js';
import { bodilessHeaders, filteredHeaders } from './filtered-headers.js';

/**
 * Reads also lose their entity tags: whoever may ask "does the unfiltered body hash to this?" can guess a hidden
 * field. On a write the same fields guard against lost updates and must reach the upstream.
 */
const ASK_PLAIN_READ: readonly HeaderEdit[] = Object.freeze([
  ...ASK_WHOLE,
  { kind: 'remove', name: 'if-none-match' },
]);

export function askPlain(exchange: Exchange): void {
  const { call } = exchange;
  if (call === undefined) return;
  const read = call.method === 'GET' || call.method === 'HEAD';
  exchange.call = call.withEdits(read ? ASK_PLAIN_READ : ASK_WHOLE);
}

/**
 * Filters answers. A body that is in memory already is filtered at once, without a promise.
 *
 * What cannot be read never passes: a success becomes a 502; a redirect or an error keeps its status, which is the
 * upstream's word to the client (a 404 stays a 404), and loses its body.
 */
export function filterStage(options: ResolvedFilterResponse): ResponseStage {
  const filter = compileFilter(options);
  const { limitBytes } = options;

  return (exchange, response) => {
    const { body, status } = response;
    if (exchange.method === 'HEAD' || status === 204 || status === 304) return withoutBody(response);
    if (status === 206) {
      body.discard();
      throw refusal(response, new UnreadableBody('that is only a part'));
    }
    if (body.whole === undefined) return collectAndFilter(exchange, response, filter, limitBytes);
    const bytes = body.whole;
    // A body in memory may still hold its connection until it is taken.
    body.discard();
    if (contentCoding(response.headers) !== undefined) {
      return decodeAndFilter(response, bytes, filter, limitBytes);
    }
    try {
      return filtered(response, bytes, filter, limitBytes);
    } catch (error) {
      return unreadable(response, error);
    }
  };
}

async function collectAndFilter(
  exchange: Exchange,
  response: UpstreamResponse,
  filter: CompiledFilter,
  limitBytes: number,
): Promise<UpstreamResponse> {
  let bytes: Buffer;
  try {
    bytes = await collectBody(response.body, limitBytes, bodyOverLimit, exchange.cancellation);
  } catch (error) {
    return unreadable(response, error);
  }
  return decodeAndFilter(response, bytes, filter, limitBytes);
}

async function decodeAndFilter(
  response: UpstreamResponse,
  bytes: Buffer,
  filter: CompiledFilter,
  limitBytes: number,
): Promise<UpstreamResponse> {
  const coding = contentCoding(response.headers);
  try {
    const plain =
      coding === undefined || bytes.length === 0 ? bytes : await decodeContent(bytes, coding, limitBytes);
    return filtered(response, plain, filter, limitBytes);
  } catch (error) {
    return unreadable(response, error);
  }
}

function filtered(
  response: UpstreamResponse,
  bytes: Buffer,
  filter: CompiledFilter,
  limitBytes: number,
): UpstreamResponse {
  const { status, headers, upstream } = response;
  if (bytes.length > limitBytes) throw bodyOverLimit();
  if (bytes.length === 0) {
    return new UpstreamResponse(status, bodilessHeaders(headers, true), EMPTY_BODY, upstream);
  }
  const text = filter(parseExact(bytes));
  return new UpstreamResponse(status, filteredHeaders(headers), new WholeBody(Buffer.from(text)), upstream);
}

/** Answers that have no body by their nature; the length they would have is not known before it is filtered. */
function withoutBody(response: UpstreamResponse): UpstreamResponse {
  const { status, headers, upstream } = response;
  response.body.discard();
  return new UpstreamResponse(status, bodilessHeaders(headers, true), UNSTATED_BODY, upstream);
}

function unreadable(response: UpstreamResponse, error: unknown): UpstreamResponse {
  if (!(error instanceof UnreadableBody)) throw error;
  const { status, headers, upstream } = response;
  if (status < 300) throw refusal(response, error);
  return new UpstreamResponse(status, bodilessHeaders(headers, false), EMPTY_BODY, upstream);
}

function refusal({ upstream }: UpstreamResponse, { reason }: UnreadableBody): GatewayError {
  return new GatewayError('upstream-body', {
    detail: `${upstream ?? 'The handler'} answered with a body ${reason}.`,
    policy: FILTER_RESPONSE,
    ...(upstream === undefined ? undefined : { upstream }),
  });
}
