import { collectBody } from '../../contracts/collect-body.js';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { ResponseStage, Stage } from '../../contracts/policy.js';
import { UpstreamResponse, WholeBody } from '../../contracts/upstream-response.js';
import { ASK_WHOLE } from '../json-body/ask-whole.js';
import { withoutByteFields } from '../json-body/byte-fields.js';
import { contentCoding, decodeContent } from '../json-body/content-coding.js';
import { parseExact, writeExact } from '../json-body/exact-json.js';
import { editMembers } from '../json-body/json-edits.js';
import { isJsonType } from '../json-body/json-type.js';
import { bodyOverLimit, UnreadableBody } from '../json-body/unreadable-body.js';
import { UNSTATED_BODY } from '../json-body/unstated-body.js';
import { type JsonEdits, jsonEdits } from './json-edits.options.js';
import type { TransformObserver } from './transform-observer.js';
import { TRANSFORM_RESPONSE } from './transform-response.decorator.js';

/** Asks the upstream for answers whose JSON can be read. */
export const askWhole: Stage = (exchange) => {
  const { call } = exchange;
  if (call !== undefined) exchange.call = call.withEdits(ASK_WHOLE);
};

/**
 * Edits the members of JSON answers. A body that is in memory already is edited at once, without a promise.
 *
 * What cannot be read passes as it is, and somebody is told: this shapes answers and hides nothing. What is over the limit
 * becomes a 502, for its beginning is no longer the upstream's to send.
 */
export function jsonStage(edits: JsonEdits, limitBytes: number, observer: TransformObserver): ResponseStage {
  const change = new JsonChange(edits, limitBytes, observer);
  return (exchange, response) => {
    const { body, status } = response;
    if (!isJsonType(response.header('content-type')) || status === 204 || status === 304) return response;
    if (exchange.method === 'HEAD') return withoutLength(response);
    if (status === 206) {
      change.tell(exchange, response, 'that is only a part');
      return response;
    }
    const bytes = body.whole;
    if (bytes === undefined) return change.collect(exchange, response);
    // A body in memory may still hold its connection until it is taken.
    body.discard();
    return change.apply(exchange, response, bytes);
  };
}

class JsonChange {
  readonly #edits;

  constructor(
    edits: JsonEdits,
    private readonly limitBytes: number,
    private readonly observer: TransformObserver,
  ) {
    this.#edits = jsonEdits(edits);
  }

  async collect(exchange: Exchange, response: UpstreamResponse): Promise<UpstreamResponse> {
    let bytes: Buffer;
    try {
      bytes = await collectBody(response.body, this.limitBytes, bodyOverLimit, exchange.cancellation);
    } catch (error) {
      throw error instanceof UnreadableBody ? refusal(response) : error;
    }
    return this.apply(exchange, response, bytes);
  }

  apply(
    exchange: Exchange,
    response: UpstreamResponse,
    bytes: Buffer,
  ): UpstreamResponse | Promise<UpstreamResponse> {
    const coding = contentCoding(response.headers);
    if (bytes.length === 0 || coding === undefined) return this.#edited(exchange, response, bytes, bytes);
    return decodeContent(bytes, coding, this.limitBytes).then(
      (plain) => this.#edited(exchange, response, bytes, plain),
      (error) => this.#unread(exchange, response, bytes, error),
    );
  }

  tell({ route }: Exchange, { upstream }: UpstreamResponse, reason: string): void {
    this.observer.unchanged(route?.id ?? '', upstream, reason);
  }

  #edited(exchange: Exchange, response: UpstreamResponse, bytes: Buffer, plain: Buffer): UpstreamResponse {
    try {
      if (plain.length > this.limitBytes) throw bodyOverLimit();
      const value = plain.length === 0 ? undefined : parseExact(plain);
      if (!editMembers(value, this.#edits)) return response.withBody(new WholeBody(bytes));
      const { status, headers, upstream } = response;
      const body = new WholeBody(Buffer.from(writeExact(value)));
      return new UpstreamResponse(status, withoutByteFields(headers), body, upstream);
    } catch (error) {
      return this.#unread(exchange, response, bytes, error);
    }
  }

  #unread(exchange: Exchange, response: UpstreamResponse, bytes: Buffer, error: unknown): UpstreamResponse {
    if (!(error instanceof UnreadableBody)) throw error;
    if (error.overLimit) throw refusal(response);
    this.tell(exchange, response, error.reason);
    return response.withBody(new WholeBody(bytes));
  }
}

/** The length that the answer to a GET would have is not known before its body is edited. */
function withoutLength(response: UpstreamResponse): UpstreamResponse {
  response.body.discard();
  return response.withHeaders(withoutByteFields(response.headers)).withBody(UNSTATED_BODY);
}

function refusal({ upstream }: UpstreamResponse): GatewayError {
  return new GatewayError('upstream-body', {
    detail: `${upstream ?? 'The handler'} answered with a body over the limit.`,
    policy: TRANSFORM_RESPONSE,
    ...(upstream === undefined ? undefined : { upstream }),
  });
}
