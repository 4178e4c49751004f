import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { DOWN, UP } from '../load/websocket-frames.mjs';

// A WebSocket upstream that costs next to nothing: it knows how long the messages of the row are, and answers each.

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

createServer({ noDelay: true }, (socket) => {
  let head = '';
  let received = 0;
  let open = false;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    if (!open) {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const key = /\r\nSec-WebSocket-Key: (\S+)/i.exec(head)?.[1];
      if (key === undefined) {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
        return;
      }
      const accept = createHash('sha1')
        .update(key + GUID)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      open = true;
      return;
    }
    received += chunk.length;
    for (; received >= UP.length; received -= UP.length) socket.write(DOWN);
  });
}).listen(Number(process.env.PORT), '127.0.0.1', 4_096);
