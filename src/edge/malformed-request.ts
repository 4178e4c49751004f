import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange } from '../contracts/exchange.js';
import { exchangeOf } from '../contracts/exchange-of.js';
import { GatewayError, type GatewayErrorCode } from '../contracts/gateway-error.js';
import { answerUnderWay, bodyUnderWay } from './answer-under-way.js';
import type { ParserError } from './http2/prior-knowledge.js';
import { takeNoMore, takesMore } from './last-request.js';
import { lingerOnClose } from './lingering-close.js';

/** What node:http's parser reports, where it means something else than {@link MALFORMED}. */
const CODES: Readonly<Record<string, GatewayErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};
const MALFORMED: GatewayErrorCode = 'bad-request';

/** The client closed in the middle of a request. */
const CUT_SHORT = 'HPE_INVALID_EOF_STATE';

/** Answers an exchange whose body can no longer be trusted, and ends the work that is done for it. */
type RefuseBody = (exchange: Exchange, error: GatewayError) => void;

/** Takes a connection that is not malformed but speaks another protocol. */
type IsOtherProtocol = (error: ParserError, socket: Socket) => boolean;

/**
 * Answers requests that node:http cannot parse with a problem document and closes their connection.
 *
 * Where the head of one is malformed it never becomes an exchange: nothing of it can be trusted. Where its body is,
 * the exchange it has become is refused.
 */
export function refuseMalformed(server: Server, refuseBody: RefuseBody, isOther: IsOtherProtocol): void {
  server.on('clientError', (error: ParserError, socket: Socket) => {
    if (isOther(error, socket)) return;
    // A reset connection has nobody to answer to.
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    // Whatever stands behind a connection's last request is not read, so nothing can be wrong with it.
    if (!takesMore(socket)) return;
    takeNoMore(socket);
    const problem = new GatewayError(CODES[error.code ?? ''] ?? MALFORMED);
    const broken = bodyUnderWay(socket);
    const exchange = broken === undefined ? undefined : exchangeOf(broken);
    const unanswered = exchange !== undefined && !exchange.finished;
    // A client that left in the middle of its body is not waiting for an answer, and its exchange says so.
    if (unanswered && error.code !== CUT_SHORT) refuseBody(exchange, problem);
    else refuseInTurn(socket, problem, broken);
  });
}

/** Earlier requests on the connection were sound: their answers come first, or the client would take this one for theirs. */
function refuseInTurn(socket: Socket, problem: GatewayError, broken: IncomingMessage | undefined): void {
  if (!socket.writable) return;
  const answer = answerUnderWay(socket);
  if (answer !== undefined && answer.req !== broken) {
    answer.once('close', () => refuseInTurn(socket, problem, broken));
  } else if (answer?.headersSent) {
    socket.destroy();
  } else if (answer === undefined && broken !== undefined) {
    // It was answered before its body went wrong, and a second answer would be taken for that of the next request.
    socket.destroySoon();
  } else {
    refuse(socket, problem);
  }
}

function refuse(socket: Socket, { status, title, code }: GatewayError): void {
  const body = JSON.stringify({ type: `urn:portcullis:problem:${code}`, title, status, code });
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // A client that keeps sending must not hold the connection, nor lose the answer over it.
  lingerOnClose(socket);
  socket.destroySoon();
}
