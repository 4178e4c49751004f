import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExchange } from '../../../src/edge/intake.js';
import { isSoundHost } from '../../../src/edge/request-host.js';
import { isHttpMethod } from '../../../src/edge/request-method.js';
import { valuesOf } from '../../support/plain-message.js';
import { type PlainRequest, plainRequest, plainTarget } from '../../support/plain-request.js';
import { LIMIT_MS, runs } from '../../support/proof-size.js';

const SEED = 20_261_124;
const OPTIONS = {
  limits: { maxUrlBytes: 8_192, maxHeaderCount: 100, maxHeaderBytes: 16_384 },
  trustedProxies: undefined,
  correlate: () => 'id',
  now: () => 0,
};

/** What the gateway would serve of the first request in some bytes. */
interface Served {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

/** A connection without a network: bytes go in, and what is answered is lost. */
class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

/** node:http's parser with the gateway's validation behind it, asked for the first request of a connection. */
class Validation {
  readonly #server: Server;
  #judged: IncomingMessage | undefined;
  #settle: (outcome: Served | undefined) => void = () => {};

  constructor() {
    this.#server = createServer({ requireHostHeader: false });
    for (const event of ['request', 'checkContinue', 'checkExpectation', 'connect'] as const) {
      this.#server.on(event, (req: IncomingMessage) => this.#judge(req));
    }
    this.#server.on('clientError', (_error, socket) => {
      // What is wrong behind a complete request is another's.
      if (this.#judged?.complete !== true) socket.destroy();
    });
  }

  /** `undefined` when there is none that it would serve whole. */
  async first(text: string): Promise<Served | undefined> {
    const wire = new Wire();
    const outcome = new Promise<Served | undefined>((resolve) => {
      this.#settle = resolve;
      wire.on('close', () => resolve(undefined));
    });
    this.#server.emit('connection', wire);
    this.#judged = undefined;
    wire.push(Buffer.from(text, 'latin1'));
    // A body that came whole ends by itself; then the client leaves.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    wire.push(null);
    const served = await outcome;
    wire.destroy();
    return served;
  }

  close(): void {
    this.#server.closeAllConnections();
  }

  #judge(req: IncomingMessage): void {
    if (this.#judged !== undefined) return;
    this.#judged = req;
    const settle = this.#settle;
    const { exchange, refusal } = openExchange(req, new ServerResponse(req), OPTIONS);
    if (refusal !== undefined) return settle(undefined);
    let body = '';
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    req.on('end', () => settle({ method: exchange.method, target: exchange.path + exchange.query, body }));
    req.on('error', () => settle(undefined));
    req.on('close', () => settle(undefined));
  }
}

/** What the gateway must serve of a request that is well-formed by the plain reading, in the form it goes on. */
function expected({ method, target, body }: PlainRequest): Served {
  return { method, target: plainTarget(method, target) as string, body };
}

/**
 * Where the gateway is stricter than the letter of the RFCs, each on purpose: well-formed requests that it may refuse.
 *
 * 1. Methods that HTTP has no name for.
 * 2. Hosts are names of letters, digits, hyphens and underscores, or addresses, with a port up to 65535.
 * 3. A body and an upgrade in one request.
 * 4. Expectations other than one 100-continue.
 * 5. What node:http's parser cannot take apart: chunk extensions that are no `;name`, `;name=token` or `;name="text"`, and a
 *    blank behind a coding.
 */
function mayRefuse({ method, target, fields, framing }: PlainRequest, text: string): boolean {
  const [host] = valuesOf(fields, 'host');
  const [authority = host] = /^http:\/\/([^/?#]*)/i.exec(target)?.slice(1) ?? [];
  const expectations = valuesOf(fields, 'expect');
  return (
    !isHttpMethod(method) ||
    [host, authority].some((name) => name !== undefined && !isSoundHost(name)) ||
    (framing !== 'none' && framing !== 0 && valuesOf(fields, 'upgrade').length > 0) ||
    expectations.some((value) => value.toLowerCase() !== '100-continue') ||
    expectations.length > 1 ||
    (framing === 'chunked' && (ODD_EXTENSION.test(text) || BLANK_BEHIND_CODING.test(text)))
  );
}

const ODD_EXTENSION = /\r\n[0-9A-Fa-f]+(?!(?:;[\w-]+(?:=(?:[\w-]+|"[\x20-\x7e]*"))?)*\r\n)[^\r]*\r\n/;
const BLANK_BEHIND_CODING = /chunked[ \t]+\r\n/i;

const method = fc.constantFrom(
  'GET',
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'TRACE',
  'CONNECT',
  'get',
  'FOO',
  'PURGE',
  'SOURCE',
  'PRI',
  'DESCRIBE',
);
const target = fc.oneof(
  fc.constantFrom(
    '/',
    '/a',
    '/a/b?c=d',
    '/a?',
    '/?a?b',
    '*',
    '/%61',
    '/%c3%a4',
    '/a%2fb',
    '/a//b',
    '/..',
    '/a/%2e',
    '/a;b',
    '/a#b',
    '/{a}',
    '/a?[b]={c}',
  ),
  fc.constantFrom(
    'http://gateway/a',
    'http://gateway',
    'http://gateway?a',
    'HTTP://GATEWAY:80/a',
    'http://other/a',
    'https://gateway/a',
    'http://u@gateway/a',
    'http:///a',
    'gateway:80',
    'a',
    '',
    '/a b',
    '/\u00e4',
    '/a?\u00e4',
    '/a?"',
    '/a\\b',
  ),
  fc.string({ unit: fc.constantFrom(...'/a.%2e?;:@\\#[]\u00e4'), maxLength: 8 }).map((text) => `/${text}`),
);
const host = fc.constantFrom(
  'gateway',
  'gateway',
  'gateway',
  'GATEWAY:80',
  'gateway:81',
  'gateway:',
  '',
  'a b',
  'u@gateway',
  'gateway/x',
  '[::1]',
  '[::1]:80',
  '[::g]',
  '127.1',
  '1.2.3.4',
  'a,b',
  'gate%77ay',
  '-a-',
  'a_b',
  'a..b',
  'gateway:99999',
  'g\u00e4teway',
);
const field = fc.oneof(
  fc.constantFrom(
    'X-A: b',
    'X-A:b',
    'X-A: ',
    'X-A:\t b\t',
    'X-A : b',
    ' X-A: b',
    'X-A',
    ': b',
    'X(A): b',
    'X-A: a\u00e4b',
    'X-A: a\0b',
    'X-A: a\rb',
    'X-A: a\nb',
    'X-A: b\r\n c',
    'X-A: \u007f',
  ),
  fc.constantFrom(
    'Content-Length: 5',
    'Content-Length: 05',
    'Content-Length: +5',
    'Content-Length: 5, 5',
    'Content-Length: ',
    'Content-Length: 0',
    'Content-Length: 6',
  ),
  fc.constantFrom(
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: CHUNKED',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: chunked ',
    'Transfer-Encoding:',
  ),
  fc.constantFrom(
    'Host: gateway',
    'Expect: 100-continue',
    'Expect: x',
    'Connection: Upgrade',
    'Connection: close',
    'Upgrade: h2c',
    'Connection: Host',
    'TE: trailers',
  ),
);
const body = fc.constantFrom(
  '',
  '',
  'hello',
  'hellohello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;a=b\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-A: b\r\n\r\n',
  '0\r\n\r\n',
  '5\nhello\n0\n\n',
  ' 5\r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhelloX0\r\n\r\n',
  '0\r\nContent-Length: 3\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
);
const version = fc.constantFrom(
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'http/1.1',
  '',
);
const lines = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r');
const request = fc
  .tuple(
    fc.constantFrom('', '', '', '\r\n', ' '),
    method,
    target,
    version,
    host,
    fc.array(field, { maxLength: 3 }),
    lines,
    body,
  )
  .map(([before, verb, to, spoken, name, fields, end, rest]) => {
    const head = [`${verb} ${to} ${spoken}`, ...(name === '-a-' ? [] : [`Host: ${name}`]), ...fields, ''];
    return `${before}${head.map((line) => line + end).join('')}${rest}`;
  });
/** With a body that is as long as it is said to be. */
const sound = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
    fc.constantFrom('/a', '/a/b?c=d', '/%61/%c3%a4?x', 'http://gateway/a?b', '*'),
    fc.array(fc.constantFrom('X-A: b', 'x-a:\tc', 'Connection: close', 'Cookie: a=b; c', 'X-Empty:'), {
      maxLength: 3,
    }),
    fc.constantFrom(
      '\r\n',
      'Content-Length: 5\r\n\r\nhello',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n000\r\n\r\n',
      'Content-Length: 0\r\n\r\n',
      ...['5;a="b c"', '5; a = b', '5 ;a', '5;', '5;a="\u00e4"', '5;a;b=c', '5;"a"', '05;a=b'].map(
        (size) => `Transfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0;x\r\nX-A: b\r\nHost: c\r\n\r\n`,
      ),
      'Transfer-Encoding: chunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ),
  )
  .map(
    ([verb, to, fields, rest]) =>
      `${verb} ${to} HTTP/1.1\r\nHost: gateway\r\n${fields.map((line) => `${line}\r\n`).join('')}${rest}`,
  );
const mutated = fc
  .tuple(
    fc.oneof(request, sound),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.oneof(
          fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', '\0', ':', ',', '0', '\u00ff', '', '\r\n '),
          fc.string({ unit: 'binary-ascii', maxLength: 2 }),
        ),
      ),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((changed, [place, removed, inserted]) => {
      const at = place % (changed.length + 1);
      return changed.slice(0, at) + inserted + changed.slice(at + removed);
    }, text),
  );

describe('request validation', () => {
  let validation: Validation;

  beforeAll(() => {
    validation = new Validation();
  });

  afterAll(() => validation.close());

  it(
    'serves nothing that the plain reading does not, and what it serves is what the plain reading reads',
    async () => {
      const seen = { served: 0, refused: 0, stricter: 0 };

      await fc.assert(
        fc.asyncProperty(fc.oneof(request, sound, mutated), async (text) => {
          const reading = plainRequest(text, 'gateway');
          const wanted = reading.kind === 'request' ? expected(reading.request) : undefined;

          const served = await validation.first(text);

          if (served === undefined && wanted !== undefined && reading.kind === 'request') {
            seen.stricter++;
            expect(mayRefuse(reading.request, text)).toBe(true);
            return;
          }
          seen[served === undefined ? 'refused' : 'served']++;
          expect(served).toEqual(wanted);
        }),
        { seed: SEED, numRuns: runs(6_000) },
      );

      expect(seen.served).toBeGreaterThan(runs(1_000));
      expect(seen.refused).toBeGreaterThan(runs(1_000));
    },
    LIMIT_MS,
  );
});
