import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { ProxiedRequest } from './proxied-request.js';

type HeaderValue = string | number | readonly string[];
type HeaderFields = Readonly<Record<string, HeaderValue | undefined>>;

/**
 * The header half of node's ServerResponse on a plain Writable: what the middleware, its plugins and a team's hooks
 * may call before and between writes. https://nodejs.org/api/http.html#class-httpserverresponse
 */
export abstract class ResponseHead extends Writable {
  statusCode = 200;
  statusMessage = '';
  sendDate = true;
  readonly #fields = new Map<string, readonly [name: string, value: HeaderValue]>();

  constructor(readonly req: ProxiedRequest) {
    super();
  }

  abstract get headersSent(): boolean;
  /** Fixes status and headers: from here on they cannot change. */
  abstract flushHeaders(): void;

  get finished(): boolean {
    return this.writableEnded;
  }

  get socket(): Socket {
    return this.req.socket;
  }

  get connection(): Socket {
    return this.req.socket;
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#assertOpen();
    validateHeaderName(name);
    for (const one of typeof value === 'object' ? value : [value]) validateHeaderValue(name, String(one));
    this.#fields.set(name.toLowerCase(), [name, value]);
    return this;
  }

  setHeaders(headers: Iterable<readonly [string, HeaderValue]>): this {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name);
    if (before === undefined) return this.setHeader(name, value);
    return this.setHeader(name, [before, value].flat().map(String));
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.#fields.get(name.toLowerCase())?.[1];
  }

  hasHeader(name: string): boolean {
    return this.#fields.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#assertOpen();
    this.#fields.delete(name.toLowerCase());
  }

  getHeaders(): Record<string, HeaderValue> {
    const headers: Record<string, HeaderValue> = Object.create(null);
    for (const [lower, [, value]] of this.#fields) headers[lower] = value;
    return headers;
  }

  getHeaderNames(): string[] {
    return [...this.#fields.keys()];
  }

  getRawHeaderNames(): string[] {
    return [...this.#fields.values()].map(([name]) => name);
  }

  writeHead(
    status: number,
    ...rest: readonly (string | HeaderFields | readonly HeaderValue[] | undefined)[]
  ): this {
    this.#assertOpen();
    this.statusCode = status;
    for (const part of rest) {
      if (typeof part === 'string') this.statusMessage = part;
      else if (Array.isArray(part)) this.#setPairs(part);
      else if (part !== undefined) {
        for (const [name, value] of Object.entries(part as HeaderFields)) {
          if (value !== undefined) this.setHeader(name, value);
        }
      }
    }
    this.flushHeaders();
    return this;
  }

  // The edge speaks to the client: interim answers, trailers and socket timeouts of a hook have nobody to go to.
  writeContinue(): void {}
  writeProcessing(): void {}
  writeEarlyHints(): void {}
  addTrailers(): void {}
  setTimeout(): this {
    return this;
  }

  #setPairs(pairs: readonly HeaderValue[]): void {
    const named = new Set<string>();
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const name = String(pairs[i]);
      const value = pairs[i + 1] as HeaderValue;
      const lower = name.toLowerCase();
      if (named.has(lower)) this.appendHeader(name, typeof value === 'number' ? String(value) : value);
      else this.setHeader(name, value);
      named.add(lower);
    }
  }

  #assertOpen(): void {
    if (!this.headersSent) return;
    throw Object.assign(new Error('Cannot change headers after they are sent'), {
      code: 'ERR_HTTP_HEADERS_SENT',
    });
  }
}
