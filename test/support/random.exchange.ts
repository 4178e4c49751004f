import type { TwoProtocolRespond } from './two-protocol.upstream.js';

/** A request as a client writes it, and how it is answered. */
export interface RandomExchange {
  /** Method, path, and header lines. */
  readonly lines: readonly string[];
  readonly body: string;
  readonly respond: TwoProtocolRespond;
}

const METHODS = ['GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
const PATHS = ['/a', '/a/b?c=1', '/%C3%A9?q=%22', '/a?', '/~x/-._', '/a?b&c==d'];
const ASKED = [
  ...['X-One', 'x-two', 'Accept', 'User-Agent', 'X-Forwarded-Host', 'Via', 'Cookie', 'Priority', 'X-Real-Ip'],
  ...['Keep-Alive', 'Authorization', 'X-API-Key'],
];
const TOLD = ['x-one', 'x-two', 'etag', 'cache-control', 'content-type', 'set-cookie', 'link', 'server'];
const STATUSES = [200, 200, 200, 201, 204, 206, 301, 304, 400, 404, 418, 500, 503];
/** On both sides of what is sent in one write. */
const UPLOAD_BYTES = [0, 1, 100, 16_384, 16_385, 40_000];
const PIECE_BYTES = [1, 10, 5_000, 20_000];

/** An exchange of every make that HTTP/1.1 allows, bodies of all framings, values beyond ASCII. */
export function randomExchange(random: () => number): RandomExchange {
  const below = (count: number): number => Math.floor(random() * count);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most + 1) }, make);
  const character = (): string => String.fromCharCode(pick([0x21 + below(0x5e), 0x20, 0xa1 + below(0x5e)]));
  const text = (): string => some(20, character).join('').trim();

  const method = pick(METHODS);
  const lines = [method, pick(PATHS), ...some(6, () => `${pick(ASKED)}: ${text()}`)];
  const framing = method === 'GET' || method === 'HEAD' ? 'none' : pick(['none', 'length', 'chunked']);
  const upload = framing === 'none' ? '' : 'b'.repeat(pick(UPLOAD_BYTES));
  if (framing === 'length') lines.push(`Content-Length: ${upload.length}`);
  if (framing === 'chunked') lines.push('Transfer-Encoding: chunked');
  const chunk = upload === '' ? '' : `${upload.length.toString(16)}\r\n${upload}\r\n`;

  const status = pick(STATUSES);
  const fields = some(5, () => [pick(TOLD), text()] as const);
  const pieces = status === 204 || status === 304 ? [] : some(3, () => 'y'.repeat(pick(PIECE_BYTES)));
  return {
    lines,
    body: framing === 'chunked' ? `${chunk}0\r\n\r\n` : upload,
    respond: (_req, res) => {
      res.statusCode = status;
      for (const [name, value] of fields) res.setHeader(name, value);
      for (const piece of pieces) res.write(piece);
      res.end();
    },
  };
}
