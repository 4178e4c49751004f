import { randomBytes } from 'node:crypto';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Module,
  UseFilters,
} from '@nestjs/common';
import type { Response } from 'express';
import {
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Ask, WAYS } from '../support/gateway.harness.js';
import { askOn, type Http2Answer } from '../support/http2.asker.js';
import { Http2Client } from '../support/http2.client.js';
import { CODE, reset } from '../support/http2.frames.js';
import { getPath } from '../support/http2.requests.js';
import { RawClient } from '../support/raw.client.js';
import { bearer } from '../support/tokens.js';

const USERS = defineUpstream('user-service', { targets: env('UPSTREAM_URL') });

@ProxyController(USERS, 'users')
class UsersController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All(['', '*path'])
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@ProxyController(USERS, 'safe')
@Public()
@FilterResponse({ omit: ['ssn'] })
class SafeController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Catch()
class TeaFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(418).json({ tea: true });
  }
}

@ProxyController(USERS, 'tea')
@UseFilters(TeaFilter)
class TeaController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Controller('ordinary')
class OrdinaryController {
  @Get()
  hello() {
    return { hello: 'world' };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(USERS)],
  controllers: [UsersController, SafeController, TeaController, OrdinaryController],
})
class AppModule {}

const { NGHTTP2_CANCEL } = constants;

describe.each(WAYS)('over HTTP/2, %s,', (way) => {
  const fixture = gatewayOf(AppModule, { way });
  let session: ClientHttp2Session;

  beforeEach(() => {
    session = connect(fixture.running.url);
    session.on('error', () => {});
  });

  afterEach(() => {
    session.destroy();
  });

  const ask = (path: string, request: Ask = {}): Promise<Http2Answer> =>
    askOn(session, path, { ...request, headers: { ...bearer(), ...request.headers } });

  it('a request and its answer are what they are over HTTP/1.1', async () => {
    // One token for both: those of two seconds differ.
    const headers = { ...bearer(), 'X-One': '1', Accept: 'text/plain', 'X-Correlation-ID': 'same' };
    const request = { headers };
    fixture.upstream.respond = (_req, res) => {
      res.writeHead(203, { 'X-Upstream': 'yes', 'Content-Type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'] });
      res.end('hello');
    };

    const two = await ask('/users/7?a=%20b&a', request);
    const overTwo = fixture.upstream.last;
    const one = await fixture.ask('/users/7?a=%20b&a', request);
    const overOne = fixture.upstream.last;

    const { connection: _c, 'keep-alive': _k, date: _d, ...fields } = one.headers;
    expect(two.status).toBe(one.status);
    expect(two.text).toBe(one.text);
    expect(two.headers).toMatchObject(fields);
    expect([overTwo.method, overTwo.url]).toEqual([overOne.method, overOne.url]);
    expect({ ...overTwo.headers, via: '', 'x-forwarded-host': '' }).toEqual({
      ...overOne.headers,
      via: '',
      'x-forwarded-host': '',
    });
    expect(overTwo.headers.via).toBe('2.0 portcullis');
    expect(overTwo.headers['x-forwarded-host']).toBe(`127.0.0.1:${fixture.running.port}`);
  });

  it.each([
    ['nobody has', '/nowhere', {}, 404],
    ['needs a token', '/users/1', { Authorization: '' }, 401],
    ['is two things at once', '/users/a%2fb', {}, 400],
    ['is reserved', '/health', {}, 200],
  ])('a path that %s is answered as ever', async (_, path, headers, status) => {
    const two = await ask(path, { headers });

    expect(two.status).toBe(status);
    expect(two.headers['x-correlation-id']).toMatch(/^[\w-]{36}$/);
    const [line] = await fixture.running.accessLines(1);
    expect(line).toBeDefined();
  });

  it('many requests of one connection are answered side by side', async () => {
    const held: (() => void)[] = [];
    fixture.upstream.respond = (req, res) => {
      held.push(() => res.end(req.url));
    };

    const asked = ['/users/1', '/users/2', '/users/3'].map((path) => ask(path));
    await vi.waitFor(() => expect(held).toHaveLength(3));
    for (const answer of held.reverse()) answer();

    expect((await Promise.all(asked)).map(({ text }) => text)).toEqual(['/users/1', '/users/2', '/users/3']);
  });

  it('bodies of some megabytes pass both ways unharmed', async () => {
    const body = randomBytes(5 * 1024 * 1024);
    fixture.upstream.respond = (req, res) => res.end(req.body);

    const answer = await ask('/users/big', { method: 'POST', body });

    expect(fixture.upstream.last.body.equals(body)).toBe(true);
    expect(answer.body.equals(body)).toBe(true);
  });

  it('an answer of unknown length has no Transfer-Encoding and is whole', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.write('one ');
      res.end('two');
    };

    const answer = await ask('/users/1');

    expect(answer.text).toBe('one two');
    expect(answer.rawHeaders.map((field) => field.toLowerCase())).not.toContain('transfer-encoding');
    expect(answer.headers.connection).toBeUndefined();
  });

  it('HEAD, 204 and 304 have no body', async () => {
    fixture.upstream.respond = (req, res) => {
      res.statusCode = req.url.endsWith('204') ? 204 : req.url.endsWith('304') ? 304 : 200;
      res.end(res.statusCode === 200 ? 'hello' : undefined);
    };

    const answers = [
      await ask('/users/1', { method: 'HEAD' }),
      await ask('/users/204'),
      await ask('/users/304'),
    ];

    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [200, ''],
      [204, ''],
      [304, ''],
    ]);
  });

  it('answers are filtered, and a body that is no JSON does not pass', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end('{"name":"Ada","ssn":"1"}');
    };
    const filtered = await ask('/safe/1');
    fixture.upstream.respond = (_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end('{"ssn":');
    };
    const broken = await ask('/safe/1');

    expect(filtered.json()).toEqual({ name: 'Ada' });
    expect([broken.status, broken.text.includes('ssn')]).toEqual([502, false]);
  });

  it('a filter of the team answers, and so does an ordinary controller', async () => {
    const tea = await ask('/tea/1', { headers: { Authorization: 'Bearer no' } });
    const ordinary = await ask('/ordinary');

    expect([tea.status, tea.json()]).toEqual([418, { tea: true }]);
    expect([ordinary.status, ordinary.json()]).toEqual([200, { hello: 'world' }]);
  });

  it('crumbs of a cookie are one field to the upstream', async () => {
    await new Promise((resolve) => {
      const stream = session.request([
        ':method',
        'GET',
        ':path',
        '/users/1',
        ':scheme',
        'http',
        ':authority',
        'gateway',
        'authorization',
        bearer().Authorization,
        'cookie',
        'a=1',
        'cookie',
        'b=2',
      ] as never);
      stream.on('close', resolve).resume();
    });

    expect(fixture.upstream.last.headers.cookie).toBe('a=1; b=2');
  });

  it.each([
    ['says another host than :authority', { host: 'evil.example' }, 400],
    ['has more fields than allowed', Object.fromEntries(many('x', 101)), 431],
    ['has more bytes of fields than allowed', { 'x-long': 'a'.repeat(17_000) }, 431],
  ])('a request that %s is refused', async (_, headers, status) => {
    const answer = await new Promise<number>((resolve, reject) => {
      const stream = session.request({
        ':path': '/users/1',
        ':authority': 'gateway',
        ...bearer(),
        ...headers,
      });
      stream.on('response', (head) => resolve(Number(head[':status'])));
      stream.on('error', reject).resume();
    });

    expect(answer).toBe(status);
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('a client that resets its stream ends the work for it and nothing else', async () => {
    let gone = false;
    fixture.upstream.respond = (req, res) => {
      if (req.url !== '/users/slow') return res.end('ok');
      res.on('close', () => {
        gone = true;
      });
    };
    const stream = session.request({ ':path': '/users/slow', ...bearer() });
    stream.on('error', () => {});
    await vi.waitFor(() => expect(fixture.upstream.received).toHaveLength(1));

    stream.close(NGHTTP2_CANCEL);

    await vi.waitFor(() => expect(gone).toBe(true));
    expect((await ask('/users/1')).text).toBe('ok');
    const lines = await fixture.running.accessLines(1);
    expect(lines.filter(({ path }) => path === '/users/slow').at(-1)).toMatchObject({ status: 499 });
  });

  it('a request that its client takes back in the same breath goes nowhere', async () => {
    const client = new Http2Client(fixture.running.port);
    await client.until(() => client.frames.length > 1);
    const takenBack = Array.from({ length: 50 }, (_, i) => [
      getPath(i * 2 + 1, '/safe/back'),
      reset(i * 2 + 1, CODE.cancel),
    ]);

    client.send(...takenBack.flat(), getPath(101, '/safe/stays'));
    await client.answer(101);

    client.close();
    const lines = await fixture.running.accessLines(1);
    expect(lines.filter(({ path }) => path === '/safe/back')).toEqual([]);
    expect(fixture.upstream.received.map(({ url }) => url)).toEqual(['/safe/stays']);
  });

  it('a browser that leaves a page of 100 images, and the next one too, keeps its connection', async () => {
    fixture.upstream.respond = (req, res) => {
      if (!req.url?.includes('image')) res.end('{}');
    };
    for (const page of [1, 2]) {
      const images = Array.from({ length: 100 }, (_, i) => session.request({ ':path': `/safe/image/${i}` }));
      for (const image of images) image.on('error', () => {});
      await vi.waitFor(() => expect(fixture.upstream.received).toHaveLength(page * 100));
      const closed = images.map((image) => new Promise((resolve) => image.on('close', resolve)));

      for (const image of images) image.close(NGHTTP2_CANCEL);
      await Promise.all(closed);
    }

    expect((await ask('/safe/page')).status).toBe(200);
  });

  it.each([
    ['of a declared length', { 'Content-Length': '100' }, {}],
    ['of an unknown length', {}, {}],
    ['that trailers may follow', { Trailer: 'x-sum' }, { te: 'trailers' }],
  ])(
    'a body %s that is cut short upstream ends in a reset, never in a clean end',
    async (_, fields, headers) => {
      fixture.upstream.respond = (_req, res) => {
        res.writeHead(200, fields as Record<string, string>);
        res.write('half');
        setImmediate(() => res.destroy());
      };

      await expect(ask('/users/1', { headers: headers as Record<string, string> })).rejects.toThrow(
        /NGHTTP2_INTERNAL_ERROR/,
      );
    },
  );

  it('a declared length that the body does not keep never reaches the upstream as a whole request', async () => {
    const stream = session.request({
      ':path': '/users/1',
      ':method': 'POST',
      'content-length': '10',
      ...bearer(),
    });
    const ended = new Promise<number>((resolve) => stream.on('close', () => resolve(stream.rstCode)));
    stream.on('error', () => {}).resume();
    stream.end('short');

    expect(await ended).not.toBe(0);
    expect(fixture.upstream.received).toHaveLength(0);
  });
});

describe('on one port', () => {
  const fixture = gatewayOf(AppModule, { way: 'compiled' });

  it('a connection that has spoken HTTP/1.1 does not become HTTP/2', async () => {
    const client = new RawClient(fixture.running.port);
    client.send('GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const first = await client.answer();
    client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

    expect([first.status, (await client.answer()).status]).toEqual([200, 400]);
    client.close();
  });

  it('draining asks clients for no new streams and lets those under way finish', async () => {
    let answer: () => void = () => {};
    fixture.upstream.respond = (_req, res) => {
      answer = () => res.end('late');
    };
    const session = connect(fixture.running.url);
    const goaways: number[] = [];
    session.on('goaway', (_code, last) => goaways.push(last));
    const late = askOn(session, '/users/1', { headers: bearer() });
    await vi.waitFor(() => expect(fixture.upstream.received).toHaveLength(1));

    const drained = fixture.running.gateway.drain();
    await vi.waitFor(() => expect(goaways.length).toBeGreaterThan(0));
    answer();

    expect((await late).text).toBe('late');
    await drained;
    expect(goaways[0]).toBe(1);
  });
});

describe('with HTTP/2 switched off', () => {
  const fixture = gatewayOf(AppModule, { way: 'compiled', environment: { HTTP2: 'off' } });

  it('its preface is a malformed request', async () => {
    const client = new RawClient(fixture.running.port).send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

    expect((await client.answer()).status).toBe(400);
    client.close();
  });
});

function many(prefix: string, count: number): [string, string][] {
  return Array.from({ length: count }, (_, i) => [`${prefix}-${i}`, '1']);
}
