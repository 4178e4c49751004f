import type { Inform } from '../contracts/exchange.js';
import type { RawHeaders } from '../contracts/raw-headers.js';

/** What a 103 is for (RFC 8297); it names resources and holds nothing of the answer's own. */
const HINT = 'link';
/** The gateway alone writes it. */
const CORRELATION = 'x-correlation-id';

/**
 * Passes an informational response on (RFC 9110, section 15.2), never behind the head of the answer.
 *
 * Where a policy changes answers, only `Link` passes: no policy has seen the other fields.
 */
export const inform: Inform = (exchange, status, headers) => {
  const { req, res } = exchange;
  // RFC 9110, section 15.2: a client that speaks HTTP/1.0 cannot be sent a 1xx.
  if (req.httpVersion === '1.0' || exchange.finished || res.destroyed || res.headersSent) return;
  const shaped = exchange.route?.shapesAnswers === true;
  // Older than Node 26.2 it is not there; an interim answer may always be left out.
  res.writeInformation?.(status, shaped ? hints(headers) : endToEnd(headers));
};

function hints(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.toLowerCase() === HINT) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

/** Hop-by-hop fields are gone already. */
function endToEnd(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.toLowerCase() !== CORRELATION) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
