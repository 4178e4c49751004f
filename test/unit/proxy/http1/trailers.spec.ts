import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import type { HeaderEdit } from '../../../../src/contracts/header-edit.js';
import type { UpstreamRequest } from '../../../../src/contracts/upstream-request.js';
import { requestTrailers } from '../../../../src/proxy/http1/request-trailers.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../../../src/proxy/http1/response-limits.js';
import { END, INTERIM, NEED_MORE, ResponseParser } from '../../../../src/proxy/http1/response-parser.js';
import { cutEverywhere } from './read-response.js';

/** What the parser tells of interim responses and trailers, in the pieces that `cuts` make. */
function read(text: string, { cuts = [] as number[], wanted = true } = {}) {
  const parser = new ResponseParser(RESPONSE_LIMIT_DEFAULTS);
  parser.begin(false, wanted);
  const interim: [number, readonly string[]][] = [];
  let from = 0;
  let event = NEED_MORE;
  for (const to of [...cuts, text.length]) {
    const piece = Buffer.from(text.slice(from, to), 'latin1');
    from = to;
    let at = 0;
    do {
      event = parser.next(piece, at, piece.length);
      at = parser.at;
      if (event === INTERIM) interim.push([parser.interim?.status ?? 0, parser.interim?.headers ?? []]);
    } while (event !== NEED_MORE && event !== END);
  }
  return { interim, ended: event === END, trailers: parser.trailers };
}

const CHUNKS = '3\r\nabc\r\n0\r\n';
const chunked = (fields: string, trailers: string): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${fields}\r\n${CHUNKS}${trailers}\r\n`;

describe('the trailers of a response', () => {
  const text = chunked('Trailer: X-A\r\n', 'X-A: 1 \t\r\nx-a:2\r\nContent-Type: x\r\nX-Empty:\r\n');

  it('are what may pass, in order and as spelled', () => {
    expect(read(text).trailers?.fields).toEqual(['X-A', '1', 'x-a', '2', 'X-Empty', '']);
  });

  it('are the same wherever the network cuts', () => {
    const { trailers, ended } = read(text, { cuts: cutEverywhere(text) });

    expect([trailers?.fields, ended]).toEqual([['X-A', '1', 'x-a', '2', 'X-Empty', ''], true]);
  });

  it('are not kept when nobody wants them', () => {
    expect(read(text, { wanted: false }).trailers).toBeUndefined();
  });

  it('are none where the length is declared', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').trailers).toBeUndefined();
  });

  it('are announced by the names that may follow', () => {
    const announced = read(chunked('Trailer: X-A,, Host\r\ntrailer: bad name, X-B\r\n', '')).trailers
      ?.announced;

    expect(announced).toBe('X-A, X-B');
  });

  it.each(['', 'Trailer: Host, Content-Length\r\n'])('are not announced with %j', (fields) => {
    expect(read(chunked(fields, 'X-A: 1\r\n')).trailers?.announced).toBeUndefined();
  });

  it('lose what Connection names', () => {
    const { trailers } = read(
      chunked('Connection: X-Inner\r\nTrailer: X-Inner, X-A\r\n', 'X-Inner: 1\r\nX-A: 1\r\n'),
    );

    expect([trailers?.announced, trailers?.fields]).toEqual(['X-A', ['X-A', '1']]);
  });
});

describe('an informational response', () => {
  it('is told with its end-to-end fields, wherever the network cuts, and 100 is not', () => {
    const text =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: 1\r\n\r\n' +
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
    const told = [
      [103, ['Link', '</a>']],
      [102, []],
    ];

    expect(read(text)).toMatchObject({ interim: told, ended: true });
    expect(read(text, { cuts: cutEverywhere(text) })).toMatchObject({ interim: told, ended: true });
  });
});

describe('the trailers of a request', () => {
  const sent = (rawTrailers: readonly string[], edits: readonly HeaderEdit[] = [], connection?: string) =>
    requestTrailers({
      edits,
      origin: {
        req: { rawTrailers, headers: { connection } } as unknown as IncomingMessage,
      } as unknown as Exchange,
    } as unknown as UpstreamRequest);

  it('are lines as the client spelled them, without what may not pass', () => {
    expect(sent(['X-A', '1', 'Host', 'evil', 'x-b', '', 'X-Forwarded-For', '6.6.6.6'])).toBe(
      'X-A: 1\r\nx-b: \r\n',
    );
  });

  it('are nothing when there are none, or the request has no client', () => {
    expect([sent([]), requestTrailers({} as UpstreamRequest)]).toEqual(['', '']);
  });

  it.each<HeaderEdit>([
    { kind: 'remove', name: 'x-a' },
    { kind: 'set', name: 'x-a', value: '2' },
    { kind: 'rename', name: 'x-z', to: 'x-a' },
  ])('lose what an edit names: %o', (edit) => {
    expect(sent(['X-A', '1', 'X-B', '2'], [edit])).toBe('X-B: 2\r\n');
  });

  it("lose what the client's Connection names", () => {
    expect(sent(['X-A', '1', 'X-B', '2'], [], 'keep-alive, X-a')).toBe('X-B: 2\r\n');
  });

  it('are all dropped when one of them cannot be written', () => {
    expect(sent(['X-A', '1', 'X-B', 'a\r\nEvil: 1'])).toBe('');
  });
});
