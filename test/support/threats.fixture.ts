import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from './gateway.harness.js';
import { startKong } from './kong.gateway.js';
import { type RawAnswer, RawClient, sendRaw } from './raw.client.js';
import { readStrictRequest, type StrictRequest, valuesOf } from './strict-request.js';
import { ThreatsModule } from './threats.app.js';
import { threatsFile } from './threats.kong.js';
import { WireUpstream } from './wire.upstream.js';

/** How long a connection that must be closed may stay open before that is a failure. */
const CLOSE_WITHIN_MS = 3_000;

/** What became of bytes on a connection of their own. */
export interface Outcome {
  /** The status of each answer that came back, interim ones included. */
  readonly statuses: readonly number[];
  readonly closed: boolean;
  /** Every byte that reached the upstream because of them. */
  readonly forwarded: string;
}

/** What becomes of bytes that no gateway may take: one answer, a closed connection, nothing at the upstream. */
export const REFUSED: Outcome = { statuses: [400], closed: true, forwarded: '' };

/** A request that waits behind every refused one: it must never be served. */
const BEHIND = 'GET /api/behind HTTP/1.1\r\nHost: gateway\r\n\r\n';
const SENTINEL = 'GET /api/sentinel HTTP/1.1\r\nHost: gateway\r\n\r\n';
const SENTINEL_FORWARDED = /GET \/public\/sentinel HTTP\/1\.1\r\n(?:[^\r]+\r\n)*\r\n/g;

/** The gateway and the upstream of a threat spec, with what its rows ask for. */
export interface Threats {
  readonly running: RunningGateway;
  readonly upstream: WireUpstream;
  /** Sends bytes with a further request behind them and waits until the gateway closes. */
  refuse(bytes: string): Promise<Outcome>;
  /** Sends one request and reads its answer. */
  send(bytes: string): Promise<RawAnswer>;
  /** Everything the upstream heard. A request of our own goes last, so that all before it has arrived; it is left out. */
  forwarded(): Promise<string>;
  /** The one well-formed request that reached the upstream. @throws Error when it heard anything else */
  only(): Promise<ForwardedRequest>;
}

export interface ForwardedRequest extends StrictRequest {
  values(lowerCaseName: string): readonly string[];
}

/** The ways of code, and routes of a Kong file in place of it. */
export const THREAT_WAYS = [...WAYS, 'declared'] as const;
export type ThreatWay = (typeof THREAT_WAYS)[number];

/** Starts the gateway of the threat specs before the promises of a `describe` and stops it after them. */
export function threatsOf(way: ThreatWay, environment: Readonly<Record<string, string>> = {}): Threats {
  let running: RunningGateway;
  let upstream: WireUpstream;

  beforeAll(async () => {
    upstream = await WireUpstream.start();
    running =
      way === 'declared'
        ? await startKong(threatsFile(upstream.url), { environment })
        : await startGateway(ThreatsModule, {
            way,
            environment: {
              UPSTREAM_URL: upstream.url,
              REBOUND_URL: `http://localhost:${upstream.port}`,
              ...environment,
            },
          });
  });

  beforeEach(() => upstream.forget());

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  const forwarded = async (): Promise<string> => {
    upstream.onHead = undefined;
    await sendRaw(running.port, SENTINEL);
    return upstream.bytes.join('').replace(SENTINEL_FORWARDED, '');
  };

  return {
    get running() {
      return running;
    },
    get upstream() {
      return upstream;
    },
    forwarded,
    send: (bytes) => sendRaw(running.port, bytes),
    refuse: async (bytes) => {
      const { statuses, closed } = await untilClosed(running.port, bytes + BEHIND);
      return { statuses, closed, forwarded: await forwarded() };
    },
    only: async () => {
      const bytes = await forwarded();
      const reading = readStrictRequest(bytes);
      if (reading === 'unfinished' || 'wrong' in reading || reading.request.raw !== bytes) {
        throw new Error(`The upstream did not hear one well-formed request: ${JSON.stringify(bytes)}`);
      }
      const { request } = reading;
      return { ...request, values: (name) => valuesOf(request.fields, name) };
    },
  };
}

/** Sends bytes and listens until the other side closes. */
export async function untilClosed(
  port: number,
  bytes: string,
): Promise<{ statuses: number[]; closed: boolean; text: string }> {
  const client = new RawClient(port);
  let text = '';
  client.socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  client.send(bytes);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, CLOSE_WITHIN_MS, false);
  });
  const closed = await Promise.race([client.closed().then(() => true), late]);
  clearTimeout(timer);
  client.close();
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, closed, text };
}
