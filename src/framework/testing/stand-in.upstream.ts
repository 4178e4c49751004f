import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Cancellation } from '../../contracts/cancellation.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import type { RequestBody, UpstreamRequest } from '../../contracts/upstream-request.js';
import { UpstreamResponse, WholeBody } from '../../contracts/upstream-response.js';

/** A request as it would have gone to a target. */
export interface SentRequest {
  /** The declared name of the upstream. */
  readonly upstream: string;
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  /** `''` or the query with its `?`. */
  readonly query: string;
  /** By lower-case name; fields that stood more than once are joined. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  json(): unknown;
}

/** What a stand-in answers; every part is optional. */
export interface StandInAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Bytes and text as they are, anything else as JSON. Default an empty JSON object. */
  readonly body?: unknown;
}

/** Answers a request in an upstream's place. A GatewayError it throws is what the upstream's failure would be. */
export type StandIn = StandInAnswer | ((request: SentRequest) => StandInAnswer | Promise<StandInAnswer>);

/** Stands in the place of an upstream's targets, behind its breaker, deadline and retries. */
export class StandInUpstream implements Forwarder {
  constructor(
    private readonly upstream: string,
    private readonly answer: StandIn,
    private readonly sent: (exchange: Exchange | undefined, request: SentRequest) => void,
  ) {}

  async forward(
    request: UpstreamRequest,
    _target: Target,
    _timeouts: AttemptTimeouts,
    _cancellation: Cancellation,
    trace: AttemptTrace,
  ): Promise<UpstreamResponse> {
    trace.sent = true;
    const seen = await this.#see(request);
    this.sent(request.origin, seen);
    const { answer } = this;
    const given = typeof answer === 'function' ? await answer(seen) : answer;
    trace.answered = true;
    return responseOf(given, request.method);
  }

  close(): void {}

  async #see({ method, path: target, headers, body }: UpstreamRequest): Promise<SentRequest> {
    const mark = target.indexOf('?');
    const bytes = await bytesOf(body);
    const text = bytes.toString();
    return {
      upstream: this.upstream,
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark),
      headers: byName(headers),
      rawHeaders: headers,
      body: bytes,
      text,
      json: () => JSON.parse(text) as unknown,
    };
  }
}

async function bytesOf(body: RequestBody): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.isBuffer(body) ? body : (body.whole ?? buffer(body.stream));
}

function byName(headers: readonly string[]): IncomingHttpHeaders {
  const found: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    found[name] = found[name] === undefined ? value : `${found[name]}, ${value}`;
  }
  return found;
}

function responseOf(
  { status = 200, headers = {}, body = {} }: StandInAnswer,
  method: string,
): UpstreamResponse {
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => [name, one as string]),
  );
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  if (!raw && !fields.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type')) {
    fields.push('Content-Type', 'application/json');
  }
  const bytes = raw ? Buffer.from(body as string) : Buffer.from(JSON.stringify(body));
  const empty = method === 'HEAD' || status === 204 || status === 304;
  return new UpstreamResponse(status, fields, new WholeBody(empty ? Buffer.alloc(0) : bytes));
}
