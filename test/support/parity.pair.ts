import { expect } from 'vitest';
import { type RunningGateway, startGateway, WAYS, type Way } from './gateway.harness.js';
import { ParityModule } from './parity.app.js';
import { type RawAnswer, sendRaw } from './raw.client.js';
import { type ReceivedRequest, RecordingUpstream, type Respond } from './recording.upstream.js';
import { deadPort } from './scripted.upstream.js';

/** A request as it is written to the socket; the same bytes go both ways. */
export interface ParityRequest {
  readonly method: string;
  readonly target: string;
  /** Lines of the header section, as they are sent. `Host` comes first by itself. */
  readonly headers: readonly string[];
  /** Written behind the header section as it is: its framing is in the headers. */
  readonly body: string;
}

/** What one way made of a request, without what may differ by nature. */
interface Outcome {
  readonly status: number;
  readonly fields: readonly string[];
  readonly framing: string;
  readonly body: string;
  readonly complete: boolean;
  readonly upstream: readonly unknown[];
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** A compiled and an interpreted gateway of one module before one upstream. */
export class ParityPair {
  private constructor(
    readonly gateways: Readonly<Record<Way, RunningGateway>>,
    readonly upstream: RecordingUpstream,
  ) {}

  static async start(): Promise<ParityPair> {
    const upstream = await RecordingUpstream.start();
    const gonePort = await deadPort();
    const environment = { UPSTREAM_URL: upstream.url, GONE_URL: `http://127.0.0.1:${gonePort}` };
    const start = (way: Way) => startGateway(ParityModule, { way, environment });
    return new ParityPair(
      { compiled: await start('compiled'), interpreted: await start('interpreted') },
      upstream,
    );
  }

  async close(): Promise<void> {
    for (const way of WAYS) await this.gateways[way].close();
    await this.upstream.close();
  }

  /** Sends the request both ways and fails where a client or the upstream could tell them apart. */
  async compare(request: ParityRequest, respond?: Respond): Promise<RawAnswer> {
    const [compiled, answer] = await this.#run('compiled', request, respond);
    const [interpreted] = await this.#run('interpreted', request, respond);
    expect(interpreted).toEqual(compiled);
    return answer;
  }

  async #run(way: Way, request: ParityRequest, respond?: Respond): Promise<[Outcome, RawAnswer]> {
    const { upstream } = this;
    upstream.received.length = 0;
    if (respond !== undefined) upstream.respond = respond;
    const { port } = this.gateways[way];
    const answer = await sendRaw(port, requestText(request), request.method);
    const asked = upstream.received.map((received) => seen(received, port));
    return [outcome(answer, asked), answer];
  }
}

function requestText({ method, target, headers, body }: ParityRequest): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: gateway.test', ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function outcome(answer: RawAnswer, upstream: readonly unknown[]): Outcome {
  const { status, framing, complete } = answer;
  // Names keep their spelling; the order among different names carries no meaning (RFC 9110, section 5.3).
  const fields = answer.fields
    .filter(([name]) => name.toLowerCase() !== 'date')
    .map(([name, value]) => `${name}: ${plain(name, value)}`)
    .sort();
  const text = answer.body.toString('latin1').replaceAll(UUID, 'uuid');
  return { status, fields, framing, body: text, complete, upstream };
}

/** Minted ids and running seconds differ from request to request. */
function plain(name: string, value: string): string {
  const text = value.replaceAll(UUID, 'uuid');
  if (/^(ratelimit|x-ratelimit-reset|retry-after)$/i.test(name))
    return text.replace(/(^|t=)\d+$/, '$1seconds');
  return text;
}

/** The upstream request with the one thing that differs between two gateways: their port. */
function seen({ method, url, rawHeaders, body }: ReceivedRequest, port: number): unknown {
  const headers = rawHeaders.map((text) => text.replaceAll(UUID, 'uuid').replace(String(port), 'port'));
  return { method, url, headers, body: body.toString('latin1') };
}
