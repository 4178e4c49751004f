import { Incomplete, type PlainField, PlainMessage, Refused, valuesOf } from './plain-message.js';
import { plainPath } from './plain-path.js';

/** A request that can be read in one way only. Every character stands for one byte. */
export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  readonly minor: 0 | 1;
  readonly fields: readonly PlainField[];
  readonly framing: 'none' | 'chunked' | number;
  readonly body: string;
  readonly trailers: readonly PlainField[];
}

export type RequestReading =
  | { readonly kind: 'request'; readonly request: PlainRequest; readonly bytes: number }
  /** Nothing is wrong so far; `expects` says that the sender waits for a 100 before it sends the body. */
  | { readonly kind: 'incomplete'; readonly expects: boolean }
  | { readonly kind: 'refused'; readonly reason: string };

/** Who reads: an origin takes what a gateway sends it, a gateway takes a little more from its clients. */
export type Reader = 'origin' | 'gateway';

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/1\\.([01])$`);
/** RFC 9112, section 3 lets a recipient split at runs of spaces: the gateway's parser does. */
const SPACED_REQUEST_LINE = new RegExp(`^(${TOKEN}) +([\\x21-\\x7e]+) +HTTP/1\\.([01])$`);
/**
 * RFC 3986, sections 3.3 and 3.4: segments of `pchar`, then the query as browsers send it, who leave more unescaped
 * (`[ ] ^ { | }`, a backquote, a lone percent sign) without a change of meaning.
 */
const ORIGIN_FORM =
  /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]^{|}`]*)?$/;
const ABSOLUTE_FORM = /^http:\/\/([^/?#]*)(?:[/?].*)?$/i;
/** RFC 3986, sections 3.2.2 and 3.2.3, without userinfo: a name or IPv4 address, or an address in brackets, and a port. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?$/;

/** What must not be moved into a trailer section (RFC 9110, section 6.5.1): framing, whoever reads. */
const NEVER_TRAILERS = ['content-length', 'transfer-encoding'];
/** A gateway drops these; nobody may get them from it. */
const NEVER_SENT_TRAILERS = [
  ...NEVER_TRAILERS,
  'host',
  'trailer',
  'connection',
  'te',
  'authorization',
  'cookie',
];

/**
 * Reads the first request of these bytes by the letter of RFC 9110 and RFC 9112, and takes nothing that could be read
 * in a second way.
 */
export function plainRequest(text: string, reader: Reader = 'origin'): RequestReading {
  // A gateway drops extensions unread, and reads any size of 64 bits.
  const message = new PlainMessage(text, reader === 'gateway' ? { anyExtension: true, sizeDigits: 16 } : {});
  let expects = false;
  try {
    // RFC 9112, section 2.2: a server ignores empty lines before the request line; nothing can hide in them.
    if (reader === 'gateway') message.skip(/^[\r\n]+/);
    const line = message.line();
    const [, method, target, digit] =
      (reader === 'gateway' ? SPACED_REQUEST_LINE : REQUEST_LINE).exec(line) ?? [];
    if (method === undefined || target === undefined)
      throw new Refused(`no request line: ${JSON.stringify(line)}`);
    const minor = digit === '0' ? 0 : 1;
    if (reader === 'origin' && minor === 0) throw new Refused('a gateway speaks its own version');

    const fields = message.fields();
    expects = valuesOf(fields, 'expect').some((value) => value.toLowerCase() === '100-continue');
    checkHost(fields, minor);
    checkTarget(method, target, valuesOf(fields, 'host')[0], reader);
    const framing = message.framing(fields, minor);
    const { body, trailers } = readBody(message, framing, reader);
    const request = { method, target, minor, fields, framing, body, trailers } as const;
    return { kind: 'request', request, bytes: message.at };
  } catch (error) {
    if (error instanceof Incomplete) return { kind: 'incomplete', expects };
    if (error instanceof Refused) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

/** The requests that stand in these bytes one after the other, as far as each is complete and beyond doubt. */
export function plainRequests(
  text: string,
  reader: Reader = 'origin',
): { requests: PlainRequest[]; rest: RequestReading } {
  const requests: PlainRequest[] = [];
  let rest = text;
  for (;;) {
    const reading = plainRequest(rest, reader);
    if (reading.kind !== 'request') return { requests, rest: reading };
    requests.push(reading.request);
    rest = rest.slice(reading.bytes);
  }
}

function readBody(message: PlainMessage, framing: PlainRequest['framing'], reader: Reader) {
  if (framing === 'none') return { body: '', trailers: [] };
  if (framing !== 'chunked') return { body: message.take(framing), trailers: [] };
  const { body, trailers } = message.chunked();
  const never = reader === 'origin' ? NEVER_SENT_TRAILERS : NEVER_TRAILERS;
  for (const [name] of trailers) {
    if (never.includes(name.toLowerCase())) throw new Refused(`${name} in the trailers`);
  }
  return { body, trailers };
}

/** RFC 9112, section 3.2: exactly one, and in HTTP/1.0 at most one. */
function checkHost(fields: readonly PlainField[], minor: number): void {
  const hosts = valuesOf(fields, 'host');
  if (hosts.length > 1) throw new Refused('more than one Host');
  const [host] = hosts;
  if (host === undefined) {
    if (minor === 1) throw new Refused('no Host');
    return;
  }
  if (!AUTHORITY.test(host)) throw new Refused(`no host: ${JSON.stringify(host)}`);
}

function checkTarget(method: string, target: string, host: string | undefined, reader: Reader): void {
  const [, authority] = ABSOLUTE_FORM.exec(target) ?? [];
  if (authority !== undefined) {
    // RFC 9112, section 3.2.2: the target's authority would win; where the two differ somebody is lied to.
    const agrees =
      host !== undefined && AUTHORITY.test(authority) && plainHost(authority) === plainHost(host);
    if (reader === 'origin' || !agrees)
      throw new Refused(`no target of this server: ${JSON.stringify(target)}`);
  }
  if (plainTarget(method, target) === undefined)
    throw new Refused(`no request target: ${JSON.stringify(target)}`);
}

/**
 * The one form of a target that can go on: the canonical path, and the query as it came. `undefined` when it is none, or
 * when its path can be read in more than one way.
 */
export function plainTarget(method: string, target: string): string | undefined {
  const origin = target.replace(/^http:\/\/[^/?#]*/i, '');
  // RFC 9112, section 3.2.4: to OPTIONS a URI without path and query is the server.
  if (method === 'OPTIONS' && (target === '*' || origin === '')) return '*';
  const [path = '', ...query] = origin.split('?');
  if (!ORIGIN_FORM.test(path === '' && origin !== target ? `/${origin}` : origin)) return undefined;
  const canonical = plainPath(path === '' ? '/' : path);
  return canonical && canonical + (query.length > 0 ? `?${query.join('?')}` : '');
}

/** RFC 9110, section 4.2.3: case does not count in a host, and neither does the port that `http` has anyway. */
function plainHost(authority: string): string {
  return authority.toLowerCase().replace(/:(?:0*80)?$/, '');
}
