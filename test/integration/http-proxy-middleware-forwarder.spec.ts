import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import {
  debugProxyErrorsPlugin,
  definePlugin,
  errorResponsePlugin,
  type Options,
  proxyEventsPlugin,
  responseInterceptor,
} from 'http-proxy-middleware';
import { afterEach, describe, expect, it } from 'vitest';
import { Cancellation } from '../../src/contracts/cancellation.js';
import type { Exchange } from '../../src/contracts/exchange.js';
import type { AttemptTimeouts, AttemptTrace, Target } from '../../src/contracts/forwarder.js';
import { GatewayError } from '../../src/contracts/gateway-error.js';
import type { UpstreamRequest } from '../../src/contracts/upstream-request.js';
import type { BodyFlow, BodySink, UpstreamResponse } from '../../src/contracts/upstream-response.js';
import { HttpProxyMiddlewareForwarder } from '../../src/proxy/http-proxy-middleware/http-proxy-middleware.forwarder.js';
import type { ProxiedRequest } from '../../src/proxy/http-proxy-middleware/proxied-request.js';

const PATIENT: AttemptTimeouts = { connectMs: 2_000, headersMs: 5_000, idleMs: 5_000 };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function targetOf(server: Server | TcpServer): Promise<Target> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { id: `127.0.0.1:${port}`, host: '127.0.0.1', port, tls: false, weight: 1 };
}

async function upstream(listener: RequestListener): Promise<Target & { server: Server }> {
  const server = createHttpServer(listener);
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { ...(await targetOf(server)), server };
}

/** An upstream that speaks bytes: each connection's data goes to the listener. */
async function rawUpstream(onData: (socket: Socket, data: Buffer) => void): Promise<Target> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => onData(socket, data as Buffer));
  });
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return targetOf(server);
}

function forwarder(proxy: Options = {}): HttpProxyMiddlewareForwarder {
  const made = new HttpProxyMiddlewareForwarder({ upstream: 'legacy', proxy, maxConnections: 64 });
  cleanups.push(() => made.close());
  return made;
}

interface Sent {
  readonly request?: Partial<UpstreamRequest>;
  readonly proxy?: Options;
  readonly through?: HttpProxyMiddlewareForwarder;
  readonly timeouts?: Partial<AttemptTimeouts>;
  readonly cancellation?: Cancellation;
  readonly trace?: AttemptTrace;
}

const newTrace = (): AttemptTrace => ({ reused: false, sent: false, answered: false });

function send(target: Target, sent: Sent = {}): Promise<UpstreamResponse> {
  const request: UpstreamRequest = {
    method: 'GET',
    path: '/users/7?full=1',
    headers: ['Host', target.id, 'Accept', '*/*', 'X-Correlation-ID', 'corr-1'],
    body: undefined,
    ...sent.request,
  };
  return (sent.through ?? forwarder(sent.proxy)).forward(
    request,
    target,
    { ...PATIENT, ...sent.timeouts },
    sent.cancellation ?? new Cancellation(),
    sent.trace ?? newTrace(),
  );
}

/** Reads a body to its end or failure, taking everything at once. */
function read(response: UpstreamResponse): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.body.pipe({
      write: (chunk) => {
        chunks.push(chunk);
        return true;
      },
      end: () => resolve(Buffer.concat(chunks)),
      fail: reject,
    });
  });
}

const readText = async (response: UpstreamResponse): Promise<string> => (await read(response)).toString();

/** `once(socket, 'close')` would reject on a reset, and a reset is a way to close. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

function expectNoAddress(error: GatewayError, target: Target): void {
  const told = JSON.stringify([error.message, error.title, error.detail, error.headers, error.upstream]);
  expect(told).not.toContain('127.0.0.1');
  expect(told).not.toContain(String(target.port));
}

const echo: RequestListener = async (req, res) => {
  const body = await text(req);
  res.setHeader('content-type', 'application/json');
  res.end(
    JSON.stringify({
      method: req.method,
      url: req.url,
      rawHeaders: req.rawHeaders,
      headers: req.headers,
      body,
    }),
  );
};

interface Echoed {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  readonly headers: Record<string, string>;
  readonly body: string;
}

const echoed = async (response: UpstreamResponse): Promise<Echoed> => JSON.parse(await readText(response));

describe('a request through http-proxy-middleware', () => {
  it('reaches the picked target as the gateway built it, and its answer comes back without framing', async () => {
    const target = await upstream(echo);
    const trace = newTrace();

    const response = await send(target, { trace });
    const seen = await echoed(response);

    expect(response).toMatchObject({ status: 200, upstream: 'legacy' });
    expect(response.header('content-type')).toBe('application/json');
    expect(response.header('content-length')).toBeUndefined();
    expect(response.header('connection')).toBeUndefined();
    expect(response.header('keep-alive')).toBeUndefined();
    expect(response.body.length).toBe(JSON.stringify(seen).length);
    expect(seen).toMatchObject({ method: 'GET', url: '/users/7?full=1', body: '' });
    expect(seen.headers).toMatchObject({ host: target.id, accept: '*/*', 'x-correlation-id': 'corr-1' });
    expect(trace).toEqual({ reused: false, sent: true, answered: true });
  });

  it.each([
    ['buffered', Buffer.from('{"a":1}'), '7', undefined],
    [
      'streamed, of known length',
      { stream: Readable.from([Buffer.from('{"a'), Buffer.from('":1}')]), length: 7 },
      '7',
      undefined,
    ],
    [
      'streamed, of unknown length',
      { stream: Readable.from([Buffer.from('{"a":1}')]), length: undefined },
      undefined,
      'chunked',
    ],
  ])('carries a body that is %s', async (_, body, length, coding) => {
    const target = await upstream(echo);

    const seen = await echoed(await send(target, { request: { method: 'POST', body } }));

    expect(seen).toMatchObject({ method: 'POST', body: '{"a":1}' });
    expect(seen.headers['content-length']).toBe(length);
    expect(seen.headers['transfer-encoding']).toBe(coding);
  });

  it.each(['GET', 'DELETE', 'OPTIONS'])('frames a streamed body also on %s', async (method) => {
    const target = await upstream(echo);
    const body = {
      stream: Readable.from([Buffer.from('GET /smuggled HTTP/1.1\r\n\r\n')]),
      length: undefined,
    };

    const seen = await echoed(await send(target, { request: { method, body } }));

    expect(seen).toMatchObject({ method, body: 'GET /smuggled HTTP/1.1\r\n\r\n' });
  });

  it('keeps its connection for the next request, and lets it go when it is closed', async () => {
    const target = await upstream(echo);
    const through = forwarder();
    const second = newTrace();
    await read(await send(target, { through }));

    await read(await send(target, { through, trace: second }));
    const connections = await new Promise((resolve) =>
      target.server.getConnections((_, count) => resolve(count)),
    );
    const closed = new Promise((resolve) => target.server.once('connection', resolve));
    through.close();
    await read(await send(target, { through }));

    expect(second.reused).toBe(true);
    expect(connections).toBe(1);
    await closed;
  });

  it.each([
    ['HEAD', 200, 500],
    ['GET', 304, 500],
    ['GET', 204, undefined],
  ])('ends %s with %i at its headers and keeps the length they tell', async (method, status, length) => {
    const target = await upstream((_req, res) => {
      res.writeHead(
        status,
        length === undefined ? { etag: '"1"' } : { 'content-length': length, etag: '"1"' },
      );
      res.end();
    });

    const response = await send(target, { request: { method } });
    const body = await read(response);

    expect(response.status).toBe(status);
    expect(response.header('etag')).toBe('"1"');
    expect(response.body.length).toBe(length);
    expect(body).toHaveLength(0);
  });

  it('drops connection-bound response fields and keeps repeated ones', async () => {
    const target = await rawUpstream((socket) => {
      socket.end(
        'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTrailer: X-T\r\n' +
          'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok',
      );
    });

    const response = await send(target);

    expect(await readText(response)).toBe('ok');
    expect(response.headers).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2']);
  });

  it('hands headers on before the first byte of the body', async () => {
    let finish = (): void => {};
    const target = await upstream((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      finish = () => res.end('data: 1\n\n');
    });

    const response = await send(target);
    finish();

    expect(response.header('content-type')).toBe('text/event-stream');
    expect(await readText(response)).toBe('data: 1\n\n');
  });
});

describe("a team's own options", () => {
  it('rewrite the path, add headers and pick another target', async () => {
    const picked = await upstream((_req, res) => res.end('picked'));
    const routed = await upstream(echo);

    const response = await send(picked, {
      proxy: {
        pathRewrite: { '^/users': '/v1/people' },
        router: async () => `http://127.0.0.1:${routed.port}/base`,
        headers: { 'x-static': 'yes' },
        changeOrigin: true,
      },
    });

    const seen = await echoed(response);
    expect(seen.url).toBe('/base/v1/people/7?full=1');
    expect(seen.headers).toMatchObject({ 'x-static': 'yes', host: `127.0.0.1:${routed.port}` });
  });

  it("run proxyReq, proxyRes and plugins with node's own kind of request and response", async () => {
    const target = await upstream(echo);
    const heard: string[] = [];
    const origin = {
      req: { socket: {}, url: '/api/users/7' },
      principal: { subject: 'ann' },
    } as unknown as Exchange;

    const response = await send(target, {
      request: { origin },
      proxy: {
        on: {
          proxyReq: (proxyReq, req) => {
            const { exchange, originalUrl } = req as ProxiedRequest;
            proxyReq.setHeader('x-subject', `${exchange?.principal?.subject} ${originalUrl}`);
          },
          proxyRes: (proxyRes, _req, res) => {
            proxyRes.headers['x-added'] = 'by-res';
            delete proxyRes.headers['date'];
            res.setHeader('x-set', ['1', '2']);
            res.statusCode = 599;
          },
          end: () => heard.push('end'),
        },
        plugins: [definePlugin((server) => void server.on('start', () => void heard.push('start')))],
      },
    });

    const seen = await echoed(response);
    expect(seen.headers['x-subject']).toBe('ann /api/users/7');
    expect(response.status).toBe(200);
    expect(response.header('x-added')).toBe('by-res');
    expect(response.header('date')).toBeUndefined();
    expect(response.headers.filter((_, i, all) => all[i - 1] === 'x-set')).toEqual(['1', '2']);
    expect(heard).toEqual(['start', 'end']);
  });

  it('rewrite a compressed body with responseInterceptor', async () => {
    const target = await upstream((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      res.end(gzipSync('{"name":"ann","ssn":"1"}'));
    });

    const response = await send(target, {
      proxy: {
        selfHandleResponse: true,
        on: {
          proxyRes: responseInterceptor(async (body, _proxyRes, _req, res) => {
            res.setHeader('x-rewritten', 'yes');
            res.statusCode = 203;
            const { name } = JSON.parse(body.toString());
            return JSON.stringify({ name });
          }),
        },
      },
    });

    expect(await readText(response)).toBe('{"name":"ann"}');
    expect(response.status).toBe(203);
    expect(response.body.length).toBe(14);
    expect(response.header('x-rewritten')).toBe('yes');
    expect(response.header('content-encoding')).toBeUndefined();
  });

  it('answer from a hook that handles the response itself', async () => {
    const target = await upstream((_req, res) => res.end('upstream says'));

    const response = await send(target, {
      proxy: {
        selfHandleResponse: true,
        on: {
          proxyRes: async (proxyRes, _req, res) => {
            const body = await text(proxyRes);
            res.writeHead(201, 'Made', { 'Content-Type': 'text/plain' });
            res.end(`${body} hello`);
          },
        },
      },
    });

    expect(await readText(response)).toBe('upstream says hello');
    expect(response.status).toBe(201);
    expect(response.headers).toEqual(['Content-Type', 'text/plain']);
  });

  it('refuse a path by pathFilter as a route that does not exist', async () => {
    const target = await upstream(echo);

    const error = await failure(send(target, { proxy: { pathFilter: '/other' } }));

    expect(error.code).toBe('route-not-found');
  });

  it.each<[string, Options]>([
    ['router', { router: () => Promise.reject(new Error('oops')) }],
    [
      'pathRewrite',
      {
        pathRewrite: () => {
          throw new Error('oops');
        },
      },
    ],
    [
      'proxyReq',
      {
        on: {
          proxyReq: () => {
            throw new Error('oops');
          },
        },
      },
    ],
    [
      'proxyRes',
      {
        on: {
          proxyRes: async () => {
            throw new Error('oops');
          },
        },
      },
    ],
    [
      'plugin',
      {
        plugins: [
          (server) =>
            void server.once('proxyReq', () => {
              throw new Error('oops');
            }),
        ],
      },
    ],
  ])('end only their own exchange when %s throws', async (_, proxy) => {
    const target = await upstream(echo);

    const error = await failure(send(target, { proxy }).then(read));

    expect(error.code).toBe('internal');
    expect((error.cause as Error).message).toBe('oops');
  });

  it('end only their own exchange when the interceptor cannot read the body', async () => {
    const target = await upstream((_req, res) => res.end('not json'));
    const proxyRes = responseInterceptor(async (body) => JSON.stringify(JSON.parse(body.toString())));

    const error = await failure(send(target, { proxy: { selfHandleResponse: true, on: { proxyRes } } }));

    expect(error).toMatchObject({ code: 'upstream-body', upstream: 'legacy' });
  });

  it('never answer with the half of a body that broke under the interceptor', async () => {
    const broken = await rawUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy());
    });
    const garbled = await upstream((_req, res) => {
      res.writeHead(200, { 'content-encoding': 'gzip' });
      res.end('this is no gzip');
    });
    const proxy: Options = {
      selfHandleResponse: true,
      on: { proxyRes: responseInterceptor(async (body) => body) },
    };

    const reset = await failure(send(broken, { proxy }));
    const unreadable = await failure(send(garbled, { proxy }));

    expect(reset.code).toBe('upstream-reset');
    expect(unreadable.code).toBe('upstream-body');
  });
});

describe('an upstream that fails', () => {
  /** A target where nothing listens. */
  async function nowhere(): Promise<Target> {
    const server = createTcpServer();
    const target = await targetOf(server);
    server.close();
    await once(server, 'close');
    return target;
  }

  it('is unreachable without a word about its address', async () => {
    const target = await nowhere();
    const trace = newTrace();

    const error = await failure(send(target, { trace }));

    expect(error).toMatchObject({ code: 'upstream-unreachable', upstream: 'legacy' });
    expectNoAddress(error, target);
    expect(trace).toEqual({ reused: false, sent: false, answered: false });
  });

  it('never shows the error page of the middleware, even when a team lists its plugin', async () => {
    const target = await nowhere();
    const proxy: Options = {
      ejectPlugins: true,
      plugins: [debugProxyErrorsPlugin, proxyEventsPlugin, errorResponsePlugin],
    };

    const error = await failure(send(target, { proxy }));

    expect(error.code).toBe('upstream-unreachable');
  });

  it("tells the team's own on.error, and takes its answer when it writes one", async () => {
    const target = await nowhere();
    const told: string[] = [];
    const silent: Options = {
      on: { error: (error) => void told.push((error as NodeJS.ErrnoException).code ?? '') },
    };
    const answering: Options = {
      on: {
        error: (_error, _req, res) =>
          (res as ServerResponse).writeHead(503, { 'retry-after': '7' }).end('later'),
      },
    };

    const error = await failure(send(target, { proxy: silent }));
    const response = await send(target, { proxy: answering });

    expect(error.code).toBe('upstream-unreachable');
    expect(told).toEqual(['ECONNREFUSED']);
    expect(response.status).toBe(503);
    expect(response.headers).toEqual(['retry-after', '7']);
    expect(await readText(response)).toBe('later');
  });

  it('rejects when it closes before any answer', async () => {
    const target = await rawUpstream((socket) => socket.destroy());
    const trace = newTrace();

    const error = await failure(send(target, { trace }));

    expect(error).toMatchObject({ code: 'upstream-reset', upstream: 'legacy' });
    expect(trace).toEqual({ reused: false, sent: true, answered: false });
  });

  it.each(['garbage\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'])(
    'rejects an answer that is not HTTP: %j',
    async (bytes) => {
      const target = await rawUpstream((socket) => void socket.write(bytes));

      const error = await failure(send(target));

      expect(error).toMatchObject({ code: 'upstream-protocol', upstream: 'legacy' });
    },
  );

  it.each([
    ['a promised length', 'Content-Length: 10\r\n\r\nhalf'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('fails the sink, never ends it, when it breaks off within %s', async (_, rest) => {
    const target = await rawUpstream((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => socket.destroy());
    });

    const response = await send(target);
    const error = await failure(read(response));

    expect(response.status).toBe(200);
    expect(error).toMatchObject({ code: 'upstream-reset', upstream: 'legacy' });
  });

  it('fails the sink when a hook writes another length than it promised', async () => {
    const target = await upstream((_req, res) => res.end('ok'));
    const writing = (body: string): Options => ({
      selfHandleResponse: true,
      on: {
        proxyRes: (proxyRes, _req, res) => {
          proxyRes.resume();
          res.setHeader('content-length', 4);
          res.end(body);
        },
      },
    });

    const longer = await failure(send(target, { proxy: writing('12345') }).then(read));
    const shorter = await failure(send(target, { proxy: writing('123') }).then(read));

    expect(longer.code).toBe('upstream-body');
    expect(shorter.code).toBe('upstream-body');
  });
});

describe('an upstream that is slow', () => {
  it('times out when its headers do not come, by our clock or by the middleware’s own', async () => {
    const target = await upstream(() => {});

    const ours = await failure(send(target, { timeouts: { headersMs: 60 } }));
    const timeout = await failure(send(target, { proxy: { timeout: 60 } }));
    const proxyTimeout = await failure(send(target, { proxy: { proxyTimeout: 60 } }));

    for (const error of [ours, timeout, proxyTimeout]) {
      expect(error).toMatchObject({ code: 'upstream-timeout', upstream: 'legacy' });
    }
  });

  it('times out the dial when no connection comes free', async () => {
    const target = await upstream(() => {});
    const through = new HttpProxyMiddlewareForwarder({ upstream: 'legacy', proxy: {}, maxConnections: 1 });
    const cancellation = new Cancellation();
    const busy = failure(send(target, { through, cancellation }));

    const error = await failure(send(target, { through, timeouts: { connectMs: 60 } }));
    cancellation.cancel(new GatewayError('client-closed'));
    await busy;

    expect(error).toMatchObject({ code: 'upstream-connect-timeout', upstream: 'legacy' });
  });

  it('fails the sink when its body falls silent', async () => {
    const target = await upstream((_req, res) => void res.write('half'));

    const response = await send(target, { timeouts: { idleMs: 60 } });
    const error = await failure(read(response));

    expect(error).toMatchObject({ code: 'upstream-timeout', upstream: 'legacy' });
  });

  it('is not blamed for a reader that takes its time', async () => {
    const target = await upstream((_req, res) => res.end(Buffer.alloc(4_000_000)));
    const response = await send(target, { timeouts: { idleMs: 40 } });
    const size = await new Promise<number>((resolve, reject) => {
      let bytes = 0;
      let flow: BodyFlow | undefined;
      let pausedOnce = false;
      flow = response.body.pipe({
        write: (chunk) => {
          bytes += chunk.length;
          if (pausedOnce) return true;
          pausedOnce = true;
          setTimeout(() => flow?.resume(), 200);
          return false;
        },
        end: () => resolve(bytes),
        fail: reject,
      });
    });

    expect(size).toBe(4_000_000);
  });

  it('is not blamed when it is the client that stopped sending', async () => {
    const target = await upstream((req) => void req.resume());
    const stream = new PassThrough();
    stream.write('half');

    const error = await failure(
      send(target, { request: { method: 'POST', body: { stream, length: 8 } }, timeouts: { idleMs: 60 } }),
    );

    expect(error.code).toBe('request-timeout');
  });
});

describe('a client that leaves', () => {
  const left = new GatewayError('client-closed');

  it('before the answer takes its own upstream request with it', async () => {
    let arrived: (request: IncomingMessage) => void = () => {};
    const request = new Promise<IncomingMessage>((resolve) => {
      arrived = resolve;
    });
    const target = await upstream((req) => arrived(req));
    const cancellation = new Cancellation();
    const outcome = failure(send(target, { cancellation }));
    const { socket } = await request;

    cancellation.cancel(left);

    expect(await outcome).toBe(left);
    await closed(socket);
  });

  it('within the body takes the upstream connection with it', async () => {
    const target = await upstream((_req, res) => void res.write('half'));
    const cancellation = new Cancellation();
    const connected = once(target.server, 'connection') as Promise<[Socket]>;
    const response = await send(target, { cancellation });
    const body = failure(read(response));

    cancellation.cancel(left);

    expect(await body).toBe(left);
    const [socket] = await connected;
    await closed(socket);
  });

  it('before anything was asked leaves the upstream alone', async () => {
    let asked = 0;
    const target = await upstream(() => void asked++);
    const cancellation = new Cancellation();
    cancellation.cancel(left);

    const error = await failure(send(target, { cancellation }));

    expect(error).toBe(left);
    expect(asked).toBe(0);
  });

  it('while a router still thinks never reaches the upstream', async () => {
    const target = await upstream(echo);
    const through = forwarder({ router: () => deciding.promise });
    const deciding = Promise.withResolvers<string>();
    const cancellation = new Cancellation();
    const requested: (string | undefined)[] = [];
    target.server.on('request', (req) => requested.push(req.url));
    const outcome = failure(send(target, { through, cancellation, request: { path: '/unwanted' } }));

    cancellation.cancel(left);
    const error = await outcome;
    deciding.resolve(`http://${target.id}`);
    await read(await send(target, { through, request: { path: '/wanted' } }));

    expect(error).toBe(left);
    expect(requested).toEqual(['/wanted']);
  });

  it('within its own upload is not the upstream’s fault', async () => {
    const target = await upstream((req) => void req.resume().on('error', () => {}));
    const stream = new PassThrough();
    stream.on('error', () => {});
    const outcome = failure(send(target, { request: { method: 'POST', body: { stream, length: 8 } } }));
    stream.write('half');
    const [socket] = (await once(target.server, 'connection')) as [Socket];

    stream.destroy();

    expect((await outcome).code).toBe('client-closed');
    await closed(socket);
  });

  it('is told when its upload is over the limit', async () => {
    const target = await upstream((req) => void req.resume().on('error', () => {}));
    const tooLarge = new GatewayError('body-too-large');
    const stream = new PassThrough();
    stream.on('error', () => {});
    const outcome = failure(
      send(target, { request: { method: 'POST', body: { stream, length: undefined } } }),
    );
    stream.write('half');
    await once(target.server, 'request');

    stream.destroy(tooLarge);

    expect(await outcome).toBe(tooLarge);
  });

  it('cancelling the flow, or discarding a long body, closes the connection', async () => {
    const target = await upstream((_req, res) => void res.write(Buffer.alloc(1_000_000)));
    const connectionCloses = async (giveUp: (response: UpstreamResponse) => void): Promise<void> => {
      const connected = once(target.server, 'connection') as Promise<[Socket]>;
      const response = await send(target);
      const [socket] = await connected;
      giveUp(response);
      await closed(socket);
    };
    const told: string[] = [];
    const sink: BodySink = { write: () => false, end: () => told.push('end'), fail: () => told.push('fail') };

    await connectionCloses((response) => response.body.pipe(sink).cancel());
    await connectionCloses((response) => response.body.discard());

    expect(told).toEqual([]);
  });

  it('discarding a short body keeps the connection', async () => {
    const target = await upstream((_req, res) => res.end('short'));
    const through = forwarder();
    const second = newTrace();
    const first = await send(target, { through });

    const freed = new Promise((resolve) =>
      target.server.once('request', (_req, res) => res.once('close', resolve)),
    );
    first.body.discard();
    await send(target, { through, trace: newTrace() }).then(read);
    await freed;
    await send(target, { through, trace: second }).then(read);

    expect(second.reused).toBe(true);
  });
});

describe('large bodies', () => {
  const SIZE = 32 * 1024 * 1024;
  const block = randomBytes(64 * 1024);

  /** The block over and over, and the digest of the whole. */
  function source(): { stream: Readable; sent: () => number; digest: () => string } {
    const hash = createHash('sha256');
    let sent = 0;
    const stream = new Readable({
      read() {
        if (sent === SIZE) {
          this.push(null);
          return;
        }
        sent += block.length;
        hash.update(block);
        this.push(block);
      },
    });
    return { stream, sent: () => sent, digest: () => hash.digest('hex') };
  }

  it('wait in the upstream, not in memory, while the reader takes nothing, and arrive whole', async () => {
    const given = source();
    const target = await upstream((_req, res) => void given.stream.pipe(res));
    const response = await send(target);
    const hash = createHash('sha256');
    let flow: BodyFlow | undefined;
    let stalledAt = 0;

    await new Promise<void>((resolve, reject) => {
      let stalled = false;
      flow = response.body.pipe({
        write: (chunk) => {
          hash.update(chunk);
          if (stalled) return true;
          stalled = true;
          void whenStill(given.sent).then((sent) => {
            stalledAt = sent;
            flow?.resume();
          });
          return false;
        },
        end: resolve,
        fail: reject,
      });
    });

    expect(stalledAt).toBeLessThan(SIZE / 2);
    expect(hash.digest('hex')).toBe(given.digest());
  });

  it('wait in the client while the upstream takes nothing, and arrive whole', async () => {
    const given = source();
    let stalledAt = 0;
    const target = await upstream(async (req, res) => {
      stalledAt = await whenStill(given.sent);
      res.end(
        createHash('sha256')
          .update(await buffer(req))
          .digest('hex'),
      );
    });

    const response = await send(target, {
      request: { method: 'PUT', body: { stream: given.stream, length: SIZE } },
    });
    const digest = await readText(response);

    expect(stalledAt).toBeLessThan(SIZE / 2);
    expect(digest).toBe(given.digest());
  });

  /** Resolves once the number has not changed for a while. */
  async function whenStill(value: () => number): Promise<number> {
    let before = -1;
    while (before !== value()) {
      before = value();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return before;
  }
});
