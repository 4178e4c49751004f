import { connect } from 'node:net';
import { DOWN, UP } from './websocket-frames.mjs';

// Each of the connections sends a message, waits for its echo and sends the next: wrk for WebSockets.
// node websocket.mjs PORT PATH CONNECTIONS SECONDS

const [port, path, connections, seconds] = process.argv.slice(2);
const handshake = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
let counting = false;
let requests = 0;
let errors = 0;
let refused = 0;

const sockets = await Promise.all(Array.from({ length: Number(connections) }, open));
const startedAt = process.hrtime.bigint();
counting = true;
for (const socket of sockets) socket?.write(UP);
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000));
counting = false;
const microseconds = Number((process.hrtime.bigint() - startedAt) / 1_000n);
console.log(JSON.stringify({ requests, errors, refused, microseconds }));
process.exit(0);

function open() {
  return new Promise((resolve) => {
    let head = '';
    let received = 0;
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true }, () =>
      socket.write(handshake),
    );
    socket.on('error', () => {
      errors += 1;
      resolve(undefined);
    });
    socket.on('close', () => {
      if (counting) errors += 1;
      resolve(undefined);
    });
    socket.on('data', (chunk) => {
      if (!counting) {
        head += chunk.toString('latin1');
        if (!head.includes('\r\n\r\n')) return;
        if (!head.startsWith('HTTP/1.1 101 ')) refused += 1;
        resolve(socket);
        return;
      }
      received += chunk.length;
      for (; received >= DOWN.length; received -= DOWN.length) {
        requests += 1;
        socket.write(UP);
      }
    });
  });
}
