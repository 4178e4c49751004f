// Breaks field sections off on many HTTP/2 sessions and collects memory before the next turn of the event loop.
// Arguments: `client` or `server`, whose sessions they are; `guarded` keeps these until their streams are freed.
// Needs --expose-gc. Prints `survived`; a Node that finds memory of streams in a session that is gone aborts.
import { once } from 'node:events';
import { connect as connectSession, createServer as createHttp2Server } from 'node:http2';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { outliveStreams } from '../../src/contracts/http2-session-life.ts';

const [side, guarded] = process.argv.slice(2);
const CONNECTIONS = 60;
const ROUNDS = 4;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const [HEADERS, SETTINGS, CONTINUATION, END_STREAM, END_HEADERS] = [1, 4, 9, 1, 4];
/** One more than nghttp2 takes. */
const CONTINUATIONS = 9;

const ignore = () => {};
const guard = (session) => guarded === 'guarded' && outliveStreams(session);

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const field = (name, value) =>
  Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);

/** A field section that is never whole. */
const endless = (first, flags) =>
  Buffer.concat([
    frame(HEADERS, flags, 1, first),
    ...Array.from({ length: CONTINUATIONS }, () => frame(CONTINUATION, 0, 1, field('x-a', 'a'))),
  ]);

/** Sessions to an upstream that does so: gives the sockets to write to. */
async function upstreams() {
  const sockets = [];
  const server = createServer((socket) => {
    socket.on('error', ignore);
    socket.write(frame(SETTINGS, 0, 0));
    socket.once('data', () => sockets.push(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  for (let i = 0; i < CONNECTIONS; i++) {
    const session = connectSession(`http://127.0.0.1:${server.address().port}`);
    session.on('error', ignore);
    session.once('connect', () => guard(session));
    session.request({ ':method': 'POST' }).on('error', ignore).resume();
  }
  while (sockets.length < CONNECTIONS) await delay(5);
  server.close();
  return { sockets, bytes: endless(field(':status', '200'), 0) };
}

/** Sessions of clients that do so: gives their sockets. */
async function clients() {
  let open = 0;
  const server = createHttp2Server();
  server.on('session', guard);
  server.on('sessionError', ignore);
  server.on('stream', (stream) => {
    stream.on('error', ignore).resume();
    open++;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const sockets = Array.from({ length: CONNECTIONS }, () => connect(server.address().port, '127.0.0.1'));
  const head = Buffer.concat([Buffer.of(0x83, 0x84, 0x86), field(':authority', 'a')]);
  for (const socket of sockets) {
    socket.on('error', ignore).resume();
    socket.write(
      Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 1, head)]),
    );
  }
  while (open < CONNECTIONS) await delay(5);
  server.close();
  return { sockets, bytes: endless(field('x-t', 't'), END_STREAM) };
}

const collector = createServer((socket) => socket.on('data', globalThis.gc));
await once(collector.listen(0, '127.0.0.1'), 'listening');
const toCollector = connect(collector.address().port, '127.0.0.1');
await once(toCollector, 'connect');

for (let round = 0; round < ROUNDS; round++) {
  const { sockets, bytes } = await (side === 'client' ? upstreams() : clients());
  // All that is written arrives in one turn of the event loop, and what is collected is behind it in the same turn.
  for (const socket of sockets) socket.write(bytes);
  toCollector.write('now');
  await delay(100);
}
console.log('survived');
process.exit(0);
