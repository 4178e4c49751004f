import type { Exchange } from '../../contracts/exchange.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import type { SentReply } from './sent-reply.js';

/** An ended exchange in figures, as Kong reckons them. */
export interface ExchangeFigures {
  /** Line, fields and body. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Milliseconds in the gateway. */
  readonly kongMs: number;
  /** Milliseconds until the upstream's head came, all attempts together; `undefined` when none was asked. */
  readonly upstreamMs: number | undefined;
  /** All of it, to the last byte. */
  readonly requestMs: number;
  /** From the beginning of the upstream's answer on. */
  readonly receiveMs: number;
  /** Whether the client was answered by an upstream. */
  readonly answered: boolean;
}

/** @param now on the monotonic clock, when it ended */
export function figuresOf(exchange: Exchange, reply: SentReply, now: number): ExchangeFigures {
  const { method, path, query, req } = exchange;
  const requestMs = now - exchange.startedAt;
  const called = exchange.upstream !== undefined && exchange.attempts > 0;
  const receiveMs = called && reply.startedAt !== undefined ? now - reply.startedAt : 0;
  return {
    requestBytes: headBytes(`${method} ${path}${query}`.length, req.rawHeaders) + exchange.bytesIn,
    responseBytes:
      reply.startedAt === undefined ? 0 : headBytes(' 200'.length, reply.headers) + exchange.bytesOut,
    kongMs: Math.max(0, requestMs - exchange.upstreamMs - receiveMs),
    upstreamMs: called ? exchange.upstreamMs : undefined,
    requestMs,
    receiveMs,
    answered: exchange.error === undefined && exchange.upstreamStatus !== 0,
  };
}

/** As HTTP/1.1 writes it: the line, each field and the empty line, each with its break. */
function headBytes(line: number, headers: RawHeaders): number {
  let size = line + ' HTTP/1.1\r\n'.length + 2;
  // Between name and value stand two characters, behind the value as many.
  for (const text of headers) size += text.length + 2;
  return size;
}
