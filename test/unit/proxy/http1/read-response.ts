import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { ResponseLimits } from '../../../../src/proxy/http1/response-limits.js';
import { DATA, END, NEED_MORE, ResponseParser } from '../../../../src/proxy/http1/response-parser.js';
import type { Reading } from './plain-reading.js';

/** Every place where `text` is cut, so that the parser sees it in pieces. */
export const cutEverywhere = (text: string): number[] => Array.from(text, (_, i) => i);

/**
 * Lets the parser read `text` in the pieces that `cuts` make, then the end of the connection.
 *
 * @returns the code of the error when it refused, `'incomplete'` when more had to come
 */
export function readResponse(
  text: string,
  cuts: readonly number[],
  answersHead: boolean,
  limits: ResponseLimits,
): Reading | string {
  const parser = new ResponseParser(limits);
  parser.begin(answersHead);
  const bytes = Buffer.from(text, 'latin1');
  const edges = [...new Set([...cuts, bytes.length])].filter((edge) => edge <= bytes.length);
  edges.sort((a, b) => a - b);
  let body = '';
  let start = 0;
  try {
    for (const edge of edges) {
      // A piece of its own memory: positions of one read must mean nothing in the next.
      const piece = Buffer.from(bytes.subarray(start, edge));
      let at = 0;
      let event = NEED_MORE;
      let turns = 0;
      do {
        if (turns++ > 4 * bytes.length + 16) return 'endless';
        event = parser.next(piece, at, piece.length);
        at = parser.at;
        if (event === DATA) body += piece.toString('latin1', parser.dataFrom, parser.dataTo);
      } while (event !== NEED_MORE && event !== END);
      if (event === END) return reading(parser, body, bytes.length - start - at);
      start = edge;
    }
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
  return parser.endsWithConnection ? reading(parser, body, 0) : 'incomplete';
}

function reading(parser: ResponseParser, body: string, extra: number): Reading | string {
  const { head } = parser;
  return head === undefined ? 'no head' : { status: head.status, headers: head.headers, body, extra };
}
