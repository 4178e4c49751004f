import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import { nodeHeaders } from './node-headers.js';

/** Methods for which node frames a body of unknown length by itself. */
const CHUNKED_BY_DEFAULT = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The request as the middleware and a team's hooks see it: what the gateway would send, in the shape of the
 * client's own IncomingMessage.
 *
 * It shares the client's socket for what hooks ask of it (address, TLS) and never reads from it or destroys it.
 */
export class ProxiedRequest extends IncomingMessage {
  /** Origin-form URL as the client sent it; `url` is what the upstream is asked for. */
  readonly originalUrl: string;
  /** The exchange this serves: principal, route, correlation id. */
  readonly exchange: Exchange | undefined;
  readonly #body: UpstreamRequest['body'];
  readonly #bodyFailed: (error: unknown) => void;
  #source: Readable | undefined;
  #reading = false;
  #bytesLeft: number | undefined;

  /** @param bodyFailed the client's body ended early or was refused while it was read */
  constructor(request: UpstreamRequest, bodyFailed: (error: unknown) => void) {
    super((request.origin?.req.socket as Socket | undefined) ?? new Socket());
    this.method = request.method;
    this.url = request.path;
    this.originalUrl = request.origin?.req.url ?? request.path;
    this.exchange = request.origin;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.rawHeaders = [...request.headers, ...framing(request)];
    this.headers = nodeHeaders(this.rawHeaders);
    this.#body = request.body;
    this.#bodyFailed = bodyFailed;
    // A body that breaks is told to `bodyFailed`; without a listener the event would end the process.
    this.on('error', () => {});
  }

  override _read(): void {
    if (this.#reading) {
      this.#source?.resume();
      return;
    }
    this.#reading = true;
    const body = this.#body;
    if (body === undefined || Buffer.isBuffer(body)) {
      if (body !== undefined) this.push(body);
      this.#complete();
    } else {
      this.#bytesLeft = body.length;
      this.#attach(body.stream);
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#detach();
    callback(error);
  }

  /** Whether it waits for the client to send more. */
  get starved(): boolean {
    return this.#source !== undefined && !this.#source.isPaused();
  }

  #attach(stream: Readable): void {
    if (stream.readableEnded) {
      this.#ended();
    } else if (stream.destroyed) {
      this.#broken(stream.errored ?? undefined);
    } else {
      this.#source = stream;
      stream
        .on('data', this.#onData)
        .on('end', this.#ended)
        .on('error', this.#broken)
        .on('close', this.#broken);
    }
  }

  #detach(): void {
    const source = this.#source;
    if (source === undefined) return;
    this.#source = undefined;
    source.pause();
    source
      .off('data', this.#onData)
      .off('end', this.#ended)
      .off('error', this.#broken)
      .off('close', this.#broken);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#bytesLeft !== undefined) {
      this.#bytesLeft -= chunk.length;
      // A byte too many would stand where the next request on the connection begins.
      if (this.#bytesLeft < 0) {
        this.#broken(new GatewayError('bad-request', { detail: 'The body is longer than declared.' }));
        return;
      }
    }
    if (!this.push(chunk)) this.#source?.pause();
  };

  readonly #ended = (): void => {
    if (this.#bytesLeft === undefined || this.#bytesLeft === 0) this.#complete();
    else this.#broken(new GatewayError('bad-request', { detail: 'The body is shorter than declared.' }));
  };

  readonly #complete = (): void => {
    this.#detach();
    this.complete = true;
    this.push(null);
  };

  readonly #broken = (error?: unknown): void => {
    this.#detach();
    this.#bodyFailed(error);
  };
}

/** The framing fields node needs to see on a server's request, so that it is framed the same way on the way out. */
function framing({ method, body, upgrade }: UpstreamRequest): string[] {
  if (upgrade === true) return ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
  if (body === undefined) return [];
  if (body.length !== undefined) return ['content-length', String(body.length)];
  // Node would send the body of a GET or DELETE unframed; the upstream would take it for the next request.
  return CHUNKED_BY_DEFAULT.has(method) ? [] : ['transfer-encoding', 'chunked'];
}
