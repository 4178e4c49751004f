import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cancellation } from '../../src/contracts/cancellation.js';
import type { AttemptTimeouts, AttemptTrace, Target } from '../../src/contracts/forwarder.js';
import { GatewayError } from '../../src/contracts/gateway-error.js';
import type { UpstreamRequest } from '../../src/contracts/upstream-request.js';
import type { UpstreamResponse } from '../../src/contracts/upstream-response.js';
import { type Connect, connectTcp } from '../../src/proxy/http1/connect.js';
import { Http1Forwarder, type Http1ForwarderOptions } from '../../src/proxy/http1/http1.forwarder.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../src/proxy/http1/response-limits.js';
import { SWEEP_INTERVAL_MS } from '../../src/proxy/http1/sweep.js';
import { RecordingSink, readBody, settled } from '../unit/proxy/http1/recording-sink.js';
import { answering, ScriptedUpstream } from '../unit/proxy/http1/scripted-upstream.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const POOL = { maxConnections: 8, maxWaiting: 8, idleMs: 30_000, maxAgeMs: 0 };
const TIMEOUTS: AttemptTimeouts = { connectMs: 1_000, headersMs: 5_000, idleMs: 60_000 };
const GET: UpstreamRequest = { method: 'GET', path: '/', headers: ['Host', 'a'], body: undefined };
const MEBIBYTE = 1_048_576;
/** Too long to be gathered before it is sent. */
const LONG = 20_000;

const post = (body: UpstreamRequest['body']): UpstreamRequest => ({ ...GET, method: 'POST', body });

let now = 0;
let upstreams: ScriptedUpstream[] = [];
let forwarders: Http1Forwarder[] = [];

/** Moves the clock of every forwarder, and its sweep with it. */
function pass(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(SWEEP_INTERVAL_MS);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(() => {
  for (const forwarder of forwarders) forwarder.close();
  for (const upstream of upstreams) upstream.stop();
  forwarders = [];
  upstreams = [];
  vi.useRealTimers();
});

async function start(answer?: Parameters<typeof ScriptedUpstream.start>[0]): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.start(answer);
  upstreams.push(upstream);
  return upstream;
}

function arrange(options: Partial<Http1ForwarderOptions> = {}): Http1Forwarder {
  const forwarder = new Http1Forwarder({
    pool: POOL,
    limits: RESPONSE_LIMIT_DEFAULTS,
    clock: { now: () => now, monotonic: () => now },
    ...options,
  });
  forwarders.push(forwarder);
  return forwarder;
}

interface Call {
  readonly answer: Promise<UpstreamResponse>;
  readonly trace: AttemptTrace;
  readonly cancellation: Cancellation;
}

function call(
  forwarder: Http1Forwarder,
  target: Target,
  request: UpstreamRequest = GET,
  timeouts: AttemptTimeouts = TIMEOUTS,
): Call {
  const trace = { reused: false, sent: false, answered: false };
  const cancellation = new Cancellation();
  const answer = forwarder.forward(request, target, timeouts, cancellation, trace);
  // The test awaits it later; until then a rejection is not an accident.
  answer.catch(() => {});
  return { answer, trace, cancellation };
}

const failure = (code: string) => expect.objectContaining({ code });

/** Sends one request and answers it with these bytes; the connection stays open. */
async function exchange(bytes: string, request: UpstreamRequest = GET) {
  const upstream = await start();
  const forwarder = arrange();
  const sent = call(forwarder, upstream.target, request);
  const side = await upstream.side();
  await side.requests();
  side.send(bytes);
  return { upstream, forwarder, side, ...sent };
}

describe('the pool of connections to a target', () => {
  it('uses a connection again', async () => {
    const upstream = await start(answering(OK));
    const forwarder = arrange();

    const first = call(forwarder, upstream.target);
    await first.answer;
    const second = call(forwarder, upstream.target);
    await second.answer;

    expect(upstream.sides).toHaveLength(1);
    expect(first.trace).toEqual({ reused: false, sent: true, answered: true });
    expect(second.trace).toEqual({ reused: true, sent: true, answered: true });
  });

  it('uses the connection that was used last, so that the others can age out', async () => {
    const upstream = await start();
    const forwarder = arrange();
    const calls = [call(forwarder, upstream.target), call(forwarder, upstream.target)];
    const sides = [await upstream.side(0), await upstream.side(1)];
    await Promise.all(sides.map((side) => side.requests()));
    const last = sides[0] as (typeof sides)[number];

    sides[1]?.send(OK);
    await Promise.race(calls.map(({ answer }) => answer));
    last.send(OK);
    await Promise.all(calls.map(({ answer }) => answer));
    call(forwarder, upstream.target);
    await last.requests(2);

    expect(sides[1]?.received).toBe('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });

  it('opens no more than it may, queues the rest in order and refuses what is over', async () => {
    const upstream = await start();
    const forwarder = arrange({ pool: { ...POOL, maxConnections: 1, maxWaiting: 1, idleMs: 1_000 } });
    const first = call(forwarder, upstream.target);
    const second = call(forwarder, upstream.target);
    const third = call(forwarder, upstream.target);
    const side = await upstream.side();
    await side.requests(1);
    const whileBusy = forwarder.stats().get(upstream.target.id);

    side.send(OK);
    await side.requests(2);
    side.send(OK);

    await expect(third.answer).rejects.toEqual(failure('overloaded'));
    expect((await first.answer).status).toBe(200);
    expect((await second.answer).status).toBe(200);
    expect(second.trace.reused).toBe(true);
    expect(whileBusy).toEqual({ open: 1, idle: 0, busy: 1, waiting: 1 });
    expect(forwarder.stats().get(upstream.target.id)).toEqual({ open: 1, idle: 1, busy: 0, waiting: 0 });
  });

  it('opens a new connection for a waiting request when a busy one breaks', async () => {
    const upstream = await start();
    const forwarder = arrange({ pool: { ...POOL, maxConnections: 1, maxWaiting: 1, idleMs: 1_000 } });
    const first = call(forwarder, upstream.target);
    const second = call(forwarder, upstream.target);
    await (await upstream.side(0)).requests();

    (await upstream.side(0)).socket.destroy();
    await (await upstream.side(1)).requests();
    (await upstream.side(1)).send(OK);

    await expect(first.answer).rejects.toEqual(failure('upstream-reset'));
    expect((await second.answer).status).toBe(200);
    expect(second.trace.reused).toBe(false);
  });

  it('lets nobody wait longer for a connection than opening one may take', async () => {
    const upstream = await start();
    const forwarder = arrange({ pool: { ...POOL, maxConnections: 1, maxWaiting: 2, idleMs: 1_000 } });
    call(forwarder, upstream.target);
    const late = call(forwarder, upstream.target);
    const left = call(forwarder, upstream.target);
    await (await upstream.side()).requests();
    const reason = new GatewayError('client-closed');

    left.cancellation.cancel(reason);
    pass(TIMEOUTS.connectMs);

    await expect(left.answer).rejects.toBe(reason);
    await expect(late.answer).rejects.toEqual(failure('overloaded'));
    expect(late.trace.sent).toBe(false);
  });

  it('closes what lies idle too long', async () => {
    const upstream = await start(answering(OK));
    const forwarder = arrange();
    await call(forwarder, upstream.target).answer;

    pass(POOL.idleMs);

    await (await upstream.side()).isClosed();
    expect(forwarder.stats().size).toBe(0);
  });

  it('gives a connection up one second before the upstream would', async () => {
    const upstream = await start(
      answering('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=3\r\nContent-Length: 0\r\n\r\n'),
    );
    const forwarder = arrange();
    await call(forwarder, upstream.target).answer;

    now += 1_999;
    const inTime = call(forwarder, upstream.target);
    await inTime.answer;
    now += 2_000;
    const tooLate = call(forwarder, upstream.target);
    await tooLate.answer;

    expect(inTime.trace.reused).toBe(true);
    expect(tooLate.trace.reused).toBe(false);
  });

  it.each([
    ['sends bytes nobody asked for', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n')],
    ['closes', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('drops an idle connection whose upstream %s', async (_what, act) => {
    const upstream = await start(answering(OK));
    const forwarder = arrange();
    await call(forwarder, upstream.target).answer;
    const side = await upstream.side();

    act(side.socket);
    await side.isClosed();
    await settled(() => forwarder.stats().size);
    const next = call(forwarder, upstream.target);
    await next.answer;

    expect(next.trace.reused).toBe(false);
  });

  it('lets the process end while connections are idle, and holds it while one is busy', async () => {
    const upstream = await start(answering(OK));
    const holds: boolean[] = [];
    const connect: Connect = (target, onread, ready) => {
      const socket = connectTcp(target, onread, ready);
      const note = (held: boolean) => () => {
        holds.push(held);
        return socket;
      };
      vi.spyOn(socket, 'unref').mockImplementation(note(false));
      vi.spyOn(socket, 'ref').mockImplementation(note(true));
      return socket;
    };
    const forwarder = arrange({ connect });
    await call(forwarder, upstream.target).answer;

    pass(SWEEP_INTERVAL_MS);
    pass(SWEEP_INTERVAL_MS);
    await call(forwarder, upstream.target).answer;

    expect(holds).toEqual([false, true]);
  });

  it('closes idle connections at once and busy ones as they finish, and still serves', async () => {
    const upstream = await start();
    const forwarder = arrange();
    const idle = call(forwarder, upstream.target);
    const busy = call(forwarder, upstream.target);
    const [one, two] = [await upstream.side(0), await upstream.side(1)];
    await Promise.all([one.requests(), two.requests()]);
    one.send(OK);
    two.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    await Promise.all([idle.answer, busy.answer]);

    forwarder.close();
    await one.isClosed();
    const stillOpen = !two.closed;
    two.send('ok');
    const body = await readBody(await busy.answer);
    await two.isClosed();

    expect(stillOpen).toBe(true);
    expect(body.text).toBe('ok');
  });

  it('shows no error to anybody while the upstream closes connections under it, given one retry', async () => {
    // The close crosses the next request on purpose: the answer and the end travel together.
    const upstream = await start((side) => {
      side.socket.on('data', () => {
        side.send(OK);
        setImmediate(() => side.socket.end());
      });
    });
    const forwarder = arrange();
    let retries = 0;
    const getOnce = async (): Promise<void> => {
      const { answer, trace } = call(forwarder, upstream.target);
      try {
        await answer;
      } catch (error) {
        const harmless = error instanceof GatewayError && error.retryable && trace.reused && !trace.answered;
        if (!harmless) throw error;
        retries++;
        await call(forwarder, upstream.target).answer;
      }
    };

    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let i = 0; i < 100; i++) await getOnce();
      }),
    );

    expect(retries).toBeGreaterThan(0);
  });
});

describe('the request on the wire', () => {
  it('is one head in the given order with the body behind it', async () => {
    const { side, answer } = await exchange(OK, {
      method: 'PUT',
      path: '/a%20b?c=d',
      headers: ['Host', 'users', 'X-Two', 'b', 'x-one', 'a'],
      body: Buffer.from('hello'),
    });

    await answer;

    expect(side.received).toBe(
      'PUT /a%20b?c=d HTTP/1.1\r\nHost: users\r\nX-Two: b\r\nx-one: a\r\nContent-Length: 5\r\n\r\nhello',
    );
  });

  it('streams a body of known length, and leaves the connection reusable', async () => {
    const { forwarder, upstream, side, answer } = await exchange(
      '',
      post({ stream: Readable.from([Buffer.from('hel'), Buffer.from('lo')]), length: 5 }),
    );

    await side.receives('hello');
    side.send(OK);
    await answer;
    const next = call(forwarder, upstream.target);
    await side.requests(2);
    side.send(OK);
    await next.answer;

    expect(side.received).toMatch(/\r\nContent-Length: 5\r\n\r\nhelloGET /);
    expect(next.trace.reused).toBe(true);
  });

  it('sends a body of unknown length in chunks', async () => {
    const { side, answer } = await exchange(
      '',
      post({ stream: Readable.from([Buffer.from('hello'), Buffer.from('world!')]), length: undefined }),
    );

    await side.receives('\r\n0\r\n\r\n');
    side.send(OK);
    await answer;

    expect(side.received).toMatch(
      /\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n$/,
    );
  });

  it('sends a large body from memory whole', async () => {
    const body = Buffer.alloc(MEBIBYTE + 1, 'abcdefg');
    const { side, answer } = await exchange('', post(body));

    await side.receives(body.subarray(-7).toString('latin1'));
    await settled(() => side.received.length);
    side.send(OK);
    await answer;

    const sent = side.received.slice(side.received.indexOf('\r\n\r\n') + 4);
    expect(sent.length).toBe(body.length);
    expect(Buffer.from(sent, 'latin1').equals(body)).toBe(true);
  });

  it.each([
    ['less', (stream: PassThrough) => stream.end()],
    ['more', (stream: PassThrough) => stream.end('!'.repeat(LONG))],
  ])('fails, and drops the connection, when the client sends %s than it declared', async (_what, finish) => {
    const stream = new PassThrough();
    stream.write('hell');
    const { side, answer } = await exchange('', post({ stream, length: LONG }));
    await side.receives('hell');

    finish(stream);

    await expect(answer).rejects.toEqual(failure('bad-request'));
    await side.isClosed();
    expect(side.received).not.toContain('!');
  });

  it('fails when the client breaks off inside its body', async () => {
    const stream = new PassThrough();
    stream.write('some');
    const { side, answer } = await exchange('', post({ stream, length: LONG }));
    await side.receives('some');

    stream.destroy();

    await expect(answer).rejects.toEqual(failure('client-closed'));
    await side.isClosed();
  });

  it.each([
    ['of unknown length', undefined],
    ['of a long length', LONG],
  ])('takes no connection for an upload %s before its first bytes come', async (_what, length) => {
    const stream = new PassThrough();
    const upstream = await start();
    const forwarder = arrange();
    call(forwarder, upstream.target, post({ stream, length }));
    const before = await settled(() => forwarder.stats().size + upstream.sides.length);

    stream.write('first');
    const side = await upstream.side();
    await side.receives('first');

    expect(before).toBe(0);
  });

  it('takes a connection for an upload that turns out to be empty', async () => {
    const { side, answer } = await exchange('', post({ stream: Readable.from([]), length: undefined }));

    await side.receives('\r\n0\r\n\r\n');
    side.send(OK);

    expect((await answer).status).toBe(200);
  });

  it('gathers a short upload of known length and sends it with its head, again when it must', async () => {
    const stream = new PassThrough();
    const upstream = await start();
    const forwarder = arrange();
    const body: UpstreamRequest['body'] = { stream, length: 16_384 };
    const first = call(forwarder, upstream.target, post(body));
    stream.write(Buffer.alloc(16_383, 'a'));
    const before = await settled(() => upstream.sides.length);
    stream.end('z');
    const side = await upstream.side();
    await side.receives('z');

    call(forwarder, upstream.target, post(body));
    const again = await upstream.side(1);
    await again.receives('z');
    side.send(OK);
    await first.answer;

    expect(before).toBe(0);
    expect(body.whole?.length).toBe(16_384);
    expect(again.received).toBe(side.received);
    expect(side.received).toMatch(/\r\nContent-Length: 16384\r\n\r\na{16383}z$/);
  });

  it.each([
    ['less', 'hell'],
    ['more', 'hello!'],
  ])('never sends a short upload that is %s than declared', async (_what, sent) => {
    const stream = new PassThrough();
    const upstream = await start();
    const { answer } = call(arrange(), upstream.target, post({ stream, length: 5 }));

    stream.end(sent);

    await expect(answer).rejects.toEqual(failure('bad-request'));
    expect(upstream.sides).toHaveLength(0);
  });

  it.each([
    ['breaks off', (stream: PassThrough) => stream.destroy(), 'client-closed'],
    [
      'is refused by a stream in front',
      (stream: PassThrough) => stream.destroy(new GatewayError('body-too-large')),
      'body-too-large',
    ],
    ['falls silent', () => pass(TIMEOUTS.idleMs), 'request-timeout'],
  ])('never asks the upstream for an upload that %s before it flows', async (_what, end, code) => {
    const stream = new PassThrough();
    const upstream = await start();
    const { answer, trace } = call(arrange(), upstream.target, post({ stream, length: undefined }));

    end(stream);

    await expect(answer).rejects.toEqual(failure(code));
    expect(upstream.sides).toHaveLength(0);
    expect(trace.sent).toBe(false);
  });

  it('gives a client the idle time anew with each piece of a short upload', async () => {
    const stream = new PassThrough();
    const upstream = await start();
    const { answer } = call(arrange(), upstream.target, post({ stream, length: 3 }));
    for (const piece of 'ab') {
      stream.write(piece);
      await settled(() => stream.readableLength);
      pass(TIMEOUTS.idleMs - 1);
    }
    stream.end('c');
    const side = await upstream.side();
    await side.receives('\r\n\r\nabc');

    side.send(OK);

    expect((await answer).status).toBe(200);
  });

  it('forgets an upload whose client left before it flowed', async () => {
    const stream = new PassThrough();
    const upstream = await start();
    const { answer, cancellation } = call(arrange(), upstream.target, post({ stream, length: 5 }));

    cancellation.cancel(new GatewayError('client-closed'));
    stream.end('hello');

    await expect(answer).rejects.toEqual(failure('client-closed'));
    expect(upstream.sides).toHaveLength(0);
  });

  it('passes on why a stream in front of it refused', async () => {
    const stream = new PassThrough();
    stream.write('some');
    const { side, answer } = await exchange('', post({ stream, length: undefined }));
    await side.receives('some');

    stream.destroy(new GatewayError('body-too-large'));

    await expect(answer).rejects.toEqual(failure('body-too-large'));
    await side.isClosed();
  });

  it('reads the client no faster than the upstream takes it', async () => {
    const total = 32 * MEBIBYTE;
    const sent = createHash('sha256');
    const seen = createHash('sha256');
    let produced = 0;
    const stream = new Readable({
      read() {
        if (produced === total) return void this.push(null);
        const chunk = Buffer.alloc(65_536, produced % 251);
        produced += chunk.length;
        sent.update(chunk);
        this.push(chunk);
      },
    });
    const upstream = await start((side) => {
      side.socket.removeAllListeners('data');
      side.socket.pause();
    });
    const { answer } = call(arrange(), upstream.target, post({ stream, length: total }));
    const { socket } = await upstream.side();
    const whileStalled = await settled(() => produced);

    let received = -1;
    socket.on('data', (chunk: Buffer) => {
      const head = received < 0 ? chunk.indexOf('\r\n\r\n') + 4 : 0;
      received = Math.max(received, 0) + chunk.length - head;
      seen.update(chunk.subarray(head));
      if (received === total) socket.write(OK);
    });
    socket.resume();
    await answer;

    expect(whileStalled).toBeLessThan(16 * MEBIBYTE);
    expect(seen.digest('hex')).toBe(sent.digest('hex'));
  });

  it('delivers an answer that comes before the body is sent, then drops the connection and drains the client', async () => {
    const stream = new PassThrough();
    stream.write(Buffer.alloc(1_000));
    const { side, answer } = await exchange('', post({ stream, length: 5 * MEBIBYTE }));
    await side.receives('\0');

    side.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
    const response = await answer;
    await side.isClosed();
    stream.end(Buffer.alloc(MEBIBYTE));
    await new Promise((resolve) => stream.once('end', resolve));

    expect(response.status).toBe(413);
    expect(response.body.whole?.toString()).toBe('big');
  });

  it('goes on sending while the upstream already answers', async () => {
    const stream = new PassThrough();
    stream.write('early');
    const { side, answer } = await exchange('', post({ stream, length: undefined }));
    side.send(CHUNKED);
    const response = await answer;
    const sink = new RecordingSink();
    response.body.pipe(sink);

    stream.end('late');
    await side.receives('late\r\n0\r\n\r\n');
    side.send('4\r\nlate\r\n0\r\n\r\n');
    await sink.over;

    expect(sink.text).toBe('late');
    expect(side.closed).toBe(false);
  });
});

describe('the response', () => {
  it('is whole, in memory of its own, when it came in one read', async () => {
    const upstream = await start();
    const forwarder = arrange();
    const bodies: string[] = [];
    const responses: UpstreamResponse[] = [];

    for (const text of [OK, `${CHUNKED}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`, OK.replace('ok', 'no')]) {
      const { answer } = call(forwarder, upstream.target);
      const side = await upstream.side();
      await side.requests(responses.length + 1);
      side.send(text);
      responses.push(await answer);
    }
    for (const response of responses) bodies.push(response.body.whole?.toString() ?? 'streamed');

    expect(bodies).toEqual(['ok', 'abcdefg', 'no']);
    expect(responses.map((response) => response.body.length)).toEqual([2, 7, 2]);
    expect(upstream.sides).toHaveLength(1);
  });

  it('arrives the same when every byte comes alone', async () => {
    const { side, answer } = await exchange('');
    const text = `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${CHUNKED}3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nT: 1\r\n\r\n`;

    for (const byte of text) {
      side.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const response = await answer;
    const body = await readBody(response);

    expect([response.status, response.headers, body.text, body.ends]).toEqual([
      200,
      [],
      'abc0123456789abcdef',
      1,
    ]);
  });

  it('ends with the connection when nothing else says where', async () => {
    const { side, answer, forwarder } = await exchange('HTTP/1.1 200 OK\r\n\r\nto the ');
    const response = await answer;
    const sink = new RecordingSink();
    response.body.pipe(sink);

    side.socket.end('end');
    await sink.over;

    expect([sink.text, sink.ends, response.body.length]).toEqual(['to the end', 1, undefined]);
    expect(forwarder.stats().size).toBe(0);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', 1234],
    ['HEAD', CHUNKED, undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n', 77],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', undefined],
  ])('to %s without a body still tells the declared length (%j)', async (method, text, length) => {
    const { answer, forwarder, upstream } = await exchange(text, { ...GET, method });

    const response = await answer;
    const body = await readBody(response);

    expect(response.body.length).toBe(length);
    expect([response.body.whole?.length, body.bytes, body.ends]).toEqual([0, 0, 1]);
    expect(forwarder.stats().get(upstream.target.id)?.idle).toBe(1);
  });

  it('is read no faster than the sink takes it, and all of it arrives', async () => {
    const total = 32 * MEBIBYTE;
    const sent = createHash('sha256');
    let written = 0;
    const { side, answer } = await exchange(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    const write = () => {
      while (written < total) {
        const chunk = Buffer.alloc(65_536, written % 251);
        written += chunk.length;
        sent.update(chunk);
        if (!side.socket.write(chunk)) return;
      }
    };
    side.socket.on('drain', write);
    let open = false;
    const sink = new RecordingSink(() => open);
    const flow = (await answer).body.pipe(sink);
    write();
    const writtenWhileStalled = await settled(() => written);
    const takenWhileStalled = sink.bytes;

    open = true;
    flow.resume();
    await sink.over;

    expect(takenWhileStalled).toBeLessThanOrEqual(65_536);
    expect(writtenWhileStalled).toBeLessThan(16 * MEBIBYTE);
    expect(sink.bytes).toBe(total);
    expect(createHash('sha256').update(Buffer.concat(sink.chunks)).digest('hex')).toBe(sent.digest('hex'));
  });

  it('holds the upstream up when nobody has asked for the body yet', async () => {
    const total = 32 * MEBIBYTE;
    const { side, answer } = await exchange(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    const response = await answer;

    for (let sent = 0; sent < total; sent += MEBIBYTE) side.send(Buffer.alloc(MEBIBYTE));
    const unsent = await settled(() => side.socket.writableLength);
    const body = await readBody(response);

    expect(unsent).toBeGreaterThan(16 * MEBIBYTE);
    expect(body.bytes).toBe(total);
  });

  it('given up with a short rest keeps its connection, with a long one does not', async () => {
    const short = await exchange('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx');
    const long = await exchange('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx');
    const [shortAnswer, longAnswer] = await Promise.all([short.answer, long.answer]);

    shortAnswer.body.discard();
    longAnswer.body.discard();
    short.side.send('x'.repeat(999));
    await long.side.isClosed();
    await vi.waitFor(() => expect(short.forwarder.stats().get(short.upstream.target.id)?.idle).toBe(1));

    expect(long.forwarder.stats().size).toBe(0);
  });
});

describe('a cancelled attempt', () => {
  const reason = new GatewayError('client-closed');

  it('never starts when nobody waits for it any more', async () => {
    const upstream = await start();
    const cancellation = new Cancellation();
    cancellation.cancel(reason);
    const trace = { reused: false, sent: false, answered: false };

    const answer = arrange().forward(GET, upstream.target, TIMEOUTS, cancellation, trace);

    await expect(answer).rejects.toBe(reason);
    expect(trace.sent).toBe(false);
  });

  it('before the answer closes its connection and rejects with the reason', async () => {
    const { side, answer, cancellation } = await exchange('');

    cancellation.cancel(reason);

    await expect(answer).rejects.toBe(reason);
    await side.isClosed();
  });

  it('inside the body closes its connection and fails the sink with the reason', async () => {
    const { side, answer, cancellation } = await exchange('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx');
    const sink = new RecordingSink();
    (await answer).body.pipe(sink);

    cancellation.cancel(reason);
    await sink.over;
    await side.isClosed();

    expect([sink.error, sink.ends]).toEqual([reason, 0]);
  });

  it('after its end touches nobody', async () => {
    const { side, answer, cancellation, forwarder, upstream } = await exchange(OK);
    await answer;
    const next = call(forwarder, upstream.target);
    await side.requests(2);

    cancellation.cancel(reason);
    side.send(OK);

    expect((await next.answer).status).toBe(200);
  });

  it('cancelled through its flow closes its connection and tells the sink nothing', async () => {
    const { side, answer } = await exchange('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx');
    const sink = new RecordingSink();

    (await answer).body.pipe(sink).cancel();
    await side.isClosed();

    expect([sink.text, sink.error, sink.ends]).toEqual(['x', undefined, 0]);
  });
});

describe('the clocks of an attempt', () => {
  it('give up on a connection that does not come to stand, and not before', async () => {
    const upstream = await start();
    const deaf: Connect = (target, onread) => connectTcp(target, onread, () => {});
    const { answer, trace } = call(arrange({ connect: deaf }), upstream.target);
    let over = false;
    answer.catch(() => {
      over = true;
    });

    pass(TIMEOUTS.connectMs - 1);
    await upstream.side();
    const early = over;
    pass(1);

    await expect(answer).rejects.toEqual(failure('upstream-connect-timeout'));
    expect([early, trace.sent]).toEqual([false, false]);
  });

  it('give up on an answer whose header section is late, however it drips', async () => {
    const { side, answer, trace } = await exchange('HTTP/1.1 200 OK\r\nA: ');
    let over = false;
    answer.catch(() => {
      over = true;
    });
    await vi.waitFor(() => expect(trace.answered).toBe(true));

    pass(TIMEOUTS.headersMs - 1);
    side.send('b');
    await settled(() => 0);
    const early = over;
    pass(1);

    await expect(answer).rejects.toEqual(failure('upstream-timeout'));
    await side.isClosed();
    expect(early).toBe(false);
  });

  it('give up on a body that falls silent, and not on one that merely takes long', async () => {
    const { side, answer } = await exchange('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1');
    const sink = new RecordingSink();
    (await answer).body.pipe(sink);

    for (let i = 2; i <= 4; i++) {
      pass(TIMEOUTS.idleMs - 1);
      side.send(`${i}`);
      await vi.waitFor(() => expect(sink.bytes).toBe(i));
    }
    pass(TIMEOUTS.idleMs);
    await sink.over;
    await side.isClosed();

    expect([sink.text, sink.error?.code, sink.ends]).toEqual(['1234', 'upstream-timeout', 0]);
  });

  it('blame the client for a request body that falls silent', async () => {
    const stream = new PassThrough();
    stream.write('abc');
    const { side, answer } = await exchange('', post({ stream, length: LONG }));
    await side.receives('abc');

    pass(TIMEOUTS.idleMs);

    await expect(answer).rejects.toEqual(failure('request-timeout'));
    await side.isClosed();
  });

  it('blame the upstream for a request body it does not take', async () => {
    const upstream = await start((side) => {
      side.socket.removeAllListeners('data');
      side.socket.pause();
    });
    const body = Buffer.alloc(32 * MEBIBYTE);
    const { answer } = call(arrange(), upstream.target, post(body));
    const { socket } = await upstream.side();
    await settled(() => socket.bytesRead);

    pass(TIMEOUTS.idleMs);

    await expect(answer).rejects.toEqual(failure('upstream-timeout'));
  });

  it('blame the client for a response body it does not take', async () => {
    const { side, answer } = await exchange('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1');
    const sink = new RecordingSink(() => false);
    (await answer).body.pipe(sink);

    pass(TIMEOUTS.idleMs);
    await sink.over;
    await side.isClosed();

    expect(sink.error?.code).toBe('client-closed');
  });

  it('stand still when switched off', async () => {
    const off = { connectMs: 0, headersMs: 0, idleMs: 0 };
    const upstream = await start();
    const { answer } = call(arrange(), upstream.target, GET, off);
    const side = await upstream.side();
    await side.requests();

    pass(10_000_000);
    side.send(OK);

    expect((await answer).status).toBe(200);
  });
});

describe('an upstream that lies', () => {
  it('is unreachable when nobody listens', async () => {
    const upstream = await start();
    upstream.stop();

    const { answer, trace } = call(arrange(), upstream.target);

    await expect(answer).rejects.toEqual(failure('upstream-unreachable'));
    expect(trace).toEqual({ reused: false, sent: false, answered: false });
  });

  it('and asks for TLS is never spoken to in the clear', async () => {
    const upstream = await start();

    const { answer } = call(arrange(), { ...upstream.target, tls: true });

    await expect(answer).rejects.toEqual(failure('upstream-unreachable'));
    expect(upstream.sides).toHaveLength(0);
  });

  it('by a Content-Length larger than the body never leaves a clean end', async () => {
    const { side, answer, trace } = await exchange('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour');
    const sink = new RecordingSink();
    (await answer).body.pipe(sink);

    side.socket.end();
    await sink.over;

    expect([sink.text, sink.error?.code, sink.ends]).toEqual(['four', 'upstream-reset', 0]);
    expect(trace.answered).toBe(true);
  });

  it.each([
    [
      'a Content-Length smaller than the body',
      'GET',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA',
      'ok',
    ],
    ['bytes after the last chunk', 'GET', `${CHUNKED}2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n`, 'ok'],
    ['a body after HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', ''],
    ['a body with 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\nhello', ''],
    ['a body with 304', 'GET', 'HTTP/1.1 304 Not Modified\r\n\r\nhello', ''],
    ['two answers', 'GET', OK + OK, 'ok'],
  ])('by %s costs itself the connection and nobody else anything', async (_what, method, text, body) => {
    const { side, answer, forwarder, upstream } = await exchange(text, { ...GET, method });

    const response = await answer;
    await side.isClosed();
    const next = call(forwarder, upstream.target);
    (await upstream.side(1)).send(OK);

    expect(response.body.whole?.toString()).toBe(body);
    expect((await next.answer).body.whole?.toString()).toBe('ok');
    expect(next.trace.reused).toBe(false);
  });

  it.each([
    ['closes', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('and %s before any byte lets the caller try again', async (_what, act) => {
    const { side, answer, trace } = await exchange('');

    act(side.socket);

    await expect(answer).rejects.toEqual(
      expect.objectContaining({ code: 'upstream-reset', retryable: true }),
    );
    expect(trace).toEqual({ reused: false, sent: true, answered: false });
  });

  it('and closes inside the header section tells that it had begun', async () => {
    const { side, answer, trace } = await exchange('HTTP/1.1 200 O');

    side.socket.end();

    await expect(answer).rejects.toEqual(failure('upstream-reset'));
    expect(trace.answered).toBe(true);
  });

  it('and resets inside a chunk never leaves a clean end', async () => {
    const { side, answer } = await exchange(`${CHUNKED}5\r\nhe`);
    const sink = new RecordingSink();
    (await answer).body.pipe(sink);

    side.socket.resetAndDestroy();
    await sink.over;

    expect([sink.text, sink.error?.code, sink.ends]).toEqual(['he', 'upstream-reset', 0]);
  });

  it('and resets a body that ends with the connection never leaves a clean end', async () => {
    const { side, answer } = await exchange('HTTP/1.1 200 OK\r\n\r\nhe');
    const sink = new RecordingSink();
    (await answer).body.pipe(sink);

    side.socket.resetAndDestroy();
    await sink.over;

    expect([sink.error?.code, sink.ends]).toEqual(['upstream-reset', 0]);
  });

  it('about chunks inside a body cuts it', async () => {
    const { side, answer } = await exchange(`${CHUNKED}2\r\nok\r\n`);
    const sink = new RecordingSink();
    (await answer).body.pipe(sink);

    side.send('zz\r\n');
    await sink.over;
    await side.isClosed();

    expect([sink.text, sink.error?.code]).toEqual(['ok', 'upstream-protocol']);
  });

  it.each([
    ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['a header of a megabyte', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(MEBIBYTE)}\r\n\r\n`],
    ['five thousand fields', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(5_000)}\r\n`],
    ['NUL in a field', 'HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n'],
    ['a name that is no token', 'HTTP/1.1 200 OK\r\nA b: c\r\n\r\n'],
    ['HTTP/0.9', '<html>'],
    ['garbage', '\x16\x03\x01\x02\x00\x01'],
    ['endless informational responses', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)],
  ])('with %s is answered by a destroyed connection', async (_what, text) => {
    const { side, answer, forwarder } = await exchange(text);

    await expect(answer).rejects.toEqual(expect.objectContaining({ code: 'upstream-protocol', status: 502 }));
    await side.isClosed();
    expect(forwarder.stats().size).toBe(0);
  });

  it.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('not, but says %s, is not asked twice on one connection', async (_what, text) => {
    const { side, answer } = await exchange(text);

    const response = await answer;
    await side.isClosed();

    expect(response.body.whole?.toString()).toBe('ok');
  });
});
