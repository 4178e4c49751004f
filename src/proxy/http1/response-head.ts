import { HOP_BY_HOP } from '../hop-by-hop.js';
import { HTAB, SP } from './field-bytes.js';
import { malformed } from './malformed.js';

/** How the end of a response body is found (RFC 9112, section 6.3). */
export const FRAMING_NONE = 0;
export const FRAMING_LENGTH = 1;
export const FRAMING_CHUNKED = 2;
export const FRAMING_CLOSE = 3;

/** A header section as read: what goes on to the client, and what it means for the connection. */
export interface ResponseHead {
  readonly status: number;
  /** End-to-end fields only, flat name/value pairs; without `Content-Length`. */
  readonly headers: string[];
  readonly framing: number;
  /** The declared Content-Length, also where no body follows; -1 when there is none. */
  readonly length: number;
  /** Whether `Transfer-Encoding: chunked` stood there, also where no body follows. */
  readonly chunked: boolean;
  /** Whether the connection may carry another request once the body has ended. */
  readonly reusable: boolean;
  /** How long it may then lie idle: the upstream's `Keep-Alive: timeout` less one second; Infinity when it said nothing. */
  readonly keepAliveMs: number;
  /** Lower-case names that `Connection` listed, besides its own two words. */
  readonly named: readonly string[] | undefined;
  /** What `Trailer` said. */
  readonly announced: string | undefined;
  /** What `Upgrade` said. */
  readonly upgrade: string | undefined;
}

/** Where one field stands in the section's text: four numbers a field, so that no object is made while bytes are read. */
export const SPAN_WIDTH = 4;

/** Its lengths are known at boot, so most field names cost one look here and are never lower-cased. */
const SPECIAL_LENGTHS = new Uint8Array(65_536);
for (const name of [...HOP_BY_HOP, 'content-length']) SPECIAL_LENGTHS[name.length] = 1;

const CONTENT_LENGTH = /^[0-9]{1,15}$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const KEEP_ALIVE_TIMEOUT = /(?:^|[,;\s])timeout\s*=\s*"?([0-9]{1,9})/i;
/** Given up a second early, so that a request and the upstream's close seldom cross. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/**
 * Reads the meaning of a header section whose grammar was already checked.
 *
 * @throws GatewayError `upstream-protocol` when the framing can be read in two ways
 */
export function readHead(
  text: string,
  spans: readonly number[],
  fieldCount: number,
  status: number,
  minorVersion: number,
  answersHead: boolean,
): ResponseHead {
  const headers: string[] = [];
  let length = -1;
  let chunked = false;
  let close = false;
  let keepAlive = false;
  let keepAliveMs = Number.POSITIVE_INFINITY;
  let named: string[] | undefined;
  let announced: string | undefined;
  let upgrade: string | undefined;

  for (let span = 0; span < fieldCount * SPAN_WIDTH; span += SPAN_WIDTH) {
    const name = text.slice(spans[span] as number, spans[span + 1] as number);
    const start = spans[span + 2] as number;
    let end = spans[span + 3] as number;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
    const value = text.slice(start, end);

    if (SPECIAL_LENGTHS[name.length] === 1) {
      const lower = name.toLowerCase();
      if (lower === 'content-length') {
        if (length >= 0) throw malformed('Content-Length stands twice');
        if (!CONTENT_LENGTH.test(value)) throw malformed('Content-Length is not a plain number');
        length = Number(value);
        continue;
      }
      if (lower === 'transfer-encoding') {
        if (chunked) throw malformed('Transfer-Encoding stands twice');
        if (value.length !== 7 || value.toLowerCase() !== 'chunked') {
          throw malformed('Transfer-Encoding is something else than chunked');
        }
        chunked = true;
        continue;
      }
      if (lower === 'connection') {
        // The two common values are met before the list is taken apart.
        if (value === 'keep-alive') keepAlive = true;
        else if (value === 'close') close = true;
        else {
          for (const part of value.toLowerCase().split(',')) {
            const option = part.trim();
            if (option === 'keep-alive') keepAlive = true;
            else if (option === 'close') close = true;
            else if (TOKEN.test(option)) named = named === undefined ? [option] : [...named, option];
            // What cannot be understood is not trusted with a second request.
            else if (option !== '') close = true;
          }
        }
        continue;
      }
      if (lower === 'keep-alive') keepAliveMs = Math.min(keepAliveMs, keepAliveIdleMs(value));
      else if (lower === 'trailer') announced = announced === undefined ? value : `${announced},${value}`;
      else if (lower === 'upgrade') upgrade = upgrade === undefined ? value : `${upgrade},${value}`;
      if (HOP_BY_HOP.has(lower)) continue;
    }
    headers.push(name, value);
  }

  if (chunked && length >= 0) throw malformed('both Content-Length and Transfer-Encoding');
  // RFC 9112, section 6.1: chunked in an HTTP/1.0 message is faulty framing.
  if (chunked && minorVersion === 0) throw malformed('Transfer-Encoding in an HTTP/1.0 response');
  // RFC 9110, section 7.8: HTTP/1.0 switches to nothing.
  if (status === 101 && minorVersion === 0) throw malformed('a 101 in an HTTP/1.0 response');

  const bodiless = answersHead || status === 101 || status === 204 || status === 304;
  const framing = bodiless
    ? FRAMING_NONE
    : chunked
      ? FRAMING_CHUNKED
      : length >= 0
        ? FRAMING_LENGTH
        : FRAMING_CLOSE;
  // A 204 that announces a body may well send it, into the next response on this connection.
  const contradicts = status === 204 && (chunked || length > 0);
  const reusable =
    !close &&
    (minorVersion === 1 || keepAlive) &&
    framing !== FRAMING_CLOSE &&
    !contradicts &&
    keepAliveMs > 0;

  return {
    status,
    headers: named === undefined ? headers : withoutNamed(headers, named),
    framing,
    length,
    chunked,
    reusable,
    keepAliveMs,
    named,
    announced,
    upgrade,
  };
}

/** Refuses an informational response that cannot be one. @throws GatewayError `upstream-protocol` */
export function refuseOddInterim(head: ResponseHead): void {
  if (head.status === 101) throw malformed('101 without an upgrade asked for');
  // RFC 9110, section 8.6 and RFC 9112, section 6.1: neither may stand in a 1xx.
  if (head.length >= 0 || head.chunked) throw malformed('an informational response announces a body');
}

const isBlank = (code: number): boolean => code === SP || code === HTAB;

// An upstream repeats itself: the last value read is nearly always the next one.
let lastKeepAlive = '';
let lastKeepAliveMs = Number.POSITIVE_INFINITY;

function keepAliveIdleMs(value: string): number {
  if (value === lastKeepAlive) return lastKeepAliveMs;
  const seconds = KEEP_ALIVE_TIMEOUT.exec(value)?.[1];
  lastKeepAlive = value;
  lastKeepAliveMs =
    seconds === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(0, Number(seconds) * 1_000 - KEEP_ALIVE_MARGIN_MS);
  return lastKeepAliveMs;
}

/** The fields that `Connection` names were meant for us alone (RFC 9110, section 7.6.1). */
function withoutNamed(headers: readonly string[], named: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!named.includes(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
