import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** What node:http's parser reports, and what the client is told. */
const STATUS: Readonly<Record<string, readonly [status: number, title: string, code: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'headers-too-large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large', 'body-too-large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'request-timeout'],
};
const MALFORMED = [400, 'Bad Request', 'bad-request'] as const;

/**
 * Answers requests that node:http cannot parse with a problem document and closes their connection.
 * They never become an exchange: nothing of them can be trusted, not even where they end.
 */
export function refuseMalformed(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // A reset connection has nobody to answer to, and an answer under way must not be followed by a second one.
    if (error.code === 'ECONNRESET' || !socket.writable || answersNow(socket)) {
      socket.destroy();
      return;
    }
    const [status, phrase, code] = STATUS[error.code ?? ''] ?? MALFORMED;
    const body = JSON.stringify({ type: `urn:portcullis:problem:${code}`, title: phrase, status, code });
    socket.end(
      `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    // A client that keeps sending would hold the socket: what it says is not read.
    socket.destroySoon();
  });
}

function answersNow(socket: Socket): boolean {
  const { _httpMessage: message } = socket as Socket & { _httpMessage?: { headersSent: boolean } };
  return message?.headersSent === true;
}
