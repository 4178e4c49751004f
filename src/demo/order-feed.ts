import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const SHORT_FRAME_BYTES = 125;
const NORMAL_CLOSE = Buffer.from([0x88, 2, 0x03, 0xe8]);

/** A WebSocket that says a few short things, one text message each, and closes: enough to be tried with curl. */
export function sayAll(req: IncomingMessage, socket: Duplex, values: readonly unknown[]): void {
  const accept = createHash('sha1')
    .update(`${req.headers['sec-websocket-key'] ?? ''}${GUID}`)
    .digest('base64');
  socket.on('error', () => socket.destroy());
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  for (const value of values) {
    const text = Buffer.from(JSON.stringify(value)).subarray(0, SHORT_FRAME_BYTES);
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  }
  socket.end(NORMAL_CLOSE);
}
