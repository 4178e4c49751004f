import type { Readable } from 'node:stream';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { decodeQuery } from '../../contracts/query-parameters.js';
import { headerValue } from '../../contracts/raw-headers.js';

/** A request as it came here, for a reader of JSON. What was sent several times is a list. */
export interface SentRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Without the port. */
  readonly host: string | undefined;
  /** The gateway's own. */
  readonly port: number | undefined;
  readonly path: string;
  /** A parameter without `=` is `true`. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Tells what the client sent, before any edit. */
export function sentRequest({ method, path, query, req }: Exchange): SentRequest {
  const { socket, rawHeaders } = req;
  const line = socket.localPort === undefined ? (socket.connection ?? socket) : socket;
  return {
    method,
    scheme: socket.encrypted === true ? 'https' : 'http',
    host: headerValue(rawHeaders, 'host')?.replace(/:\d*$/, '').toLowerCase(),
    port: line.localPort,
    path,
    query: gathered(queryPairs(query)),
    headers: gathered(headerPairs(rawHeaders)),
  };
}

/** Up to here a body is told; a longer one is left where it is. */
const TOLD_BYTES = 8_192;

/** The body a client sent; `undefined` where there is none, or more of it than is told. */
export function readSentBody({ body }: Exchange): Promise<Buffer | undefined> {
  if (body === undefined || Buffer.isBuffer(body)) return Promise.resolve(body);
  if (body.length !== undefined && body.length > TOLD_BYTES) return Promise.resolve(undefined);
  return readShort(body.stream);
}

/** Reads a short stream to its end. A long one is left standing: its connection must still carry the answer. */
function readShort(stream: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (): void => {
      stream.off('data', take).off('end', finish).off('error', fail).off('close', leave);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= TOLD_BYTES) return;
      settle();
      stream.pause();
      resolve(undefined);
    };
    const finish = (): void => {
      settle();
      resolve(Buffer.concat(chunks, bytes));
    };
    const fail = (cause: unknown): void => {
      settle();
      reject(cause instanceof GatewayError ? cause : new GatewayError('client-closed', { cause }));
    };
    const leave = (): void => fail(new Error('The body broke off.'));
    stream.on('data', take).on('end', finish).on('error', fail).on('close', leave);
    // A client that left before says nothing more.
    if (stream.destroyed && !stream.readableEnded) leave();
  });
}

type Pair = readonly [name: string, value: string | true];

function gathered(pairs: readonly Pair[]): Record<string, unknown> {
  const values = Map.groupBy(pairs, ([name]) => name);
  // Whatever a client calls its parameters: no name is an object's own.
  return Object.fromEntries(
    [...values].map(([name, same]) => [name, same.length === 1 ? same[0]?.[1] : same.map(([, one]) => one)]),
  );
}

function queryPairs(query: string): readonly Pair[] {
  if (query.length < 2) return [];
  return query
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const cut = part.indexOf('=');
      return cut < 0
        ? [decodeQuery(part), true]
        : [decodeQuery(part.slice(0, cut)), decodeQuery(part.slice(cut + 1))];
    });
}

function headerPairs(headers: readonly string[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    pairs.push([(headers[i] as string).toLowerCase(), headers[i + 1] as string]);
  }
  return pairs;
}
