import { randomUUID } from 'node:crypto';
import { type ClientHttp2Session, connect } from 'node:http2';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Module,
  Post,
  UseFilters,
} from '@nestjs/common';
import {
  declarePolicy,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  NoTerminate,
  type Policy,
  ProxyController,
  Public,
  SecurityHeaders,
  Terminate,
  type TerminateOptions,
  terminate,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GatewayLifecycle } from '../../src/framework/gateway.lifecycle.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { RawClient, sendRaw } from '../support/raw.client.js';

const SHOP = defineUpstream('shop-service', { targets: env('UPSTREAM_URL') });

/** A team's own last word on everything that is thrown. */
@Catch()
class CatchAllFilter implements ExceptionFilter {
  static caught: unknown[] = [];

  catch(thrown: unknown, host: ArgumentsHost): void {
    CatchAllFilter.caught.push(thrown);
    host.switchToHttp().getResponse().status(599).json({ team: true });
  }
}

@Public()
@ProxyController(SHOP, 'shop')
@SecurityHeaders()
@UseFilters(CatchAllFilter)
class ShopController {
  constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

  @All('down')
  @Terminate()
  down(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('gone')
  @Terminate({ status: 410, message: 'Version 1 was taken out of service.' })
  gone(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('page')
  @Terminate({ body: '<h1>Back at 10</h1>', contentType: 'text/html; charset=utf-8' })
  page(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('empty')
  @Terminate({ status: 204 })
  empty(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @All('echo')
  @Terminate({ status: 200, echo: true, message: 'This is what came.' })
  echo(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('socket')
  @WebSocket()
  @Terminate()
  socket(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('drill')
  @Terminate({ trigger: 'X-Drill' })
  drill(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }
}

@ProxyController(SHOP, 'private')
class PrivateController {
  constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

  @Get()
  @Terminate({ message: 'Closed for stocktaking.' })
  all(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }
}

@Controller('desk')
@UseFilters(CatchAllFilter)
class DeskController {
  @Get('down')
  @Terminate({ status: 503, message: 'The desk is closed.' })
  down() {
    return { open: true };
  }

  @Post('echo')
  @Terminate({ status: 200, echo: true })
  echo() {
    return { open: true };
  }

  @Get('drill')
  @Terminate({ trigger: 'x-drill' })
  drill() {
    return { open: true };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SHOP)],
  controllers: [ShopController, PrivateController, DeskController],
})
class AppModule {}

describe.each(WAYS)('routes that answer by themselves, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });
  let session: ClientHttp2Session;

  beforeAll(() => {
    session = connect(fixture.running.url).setMaxListeners(0);
  });
  afterAll(() => {
    session.close();
  });

  const VERSIONS: Readonly<Record<string, (path: string, request?: Ask) => Promise<Answer>>> = {
    'HTTP/1.1': (path, request) => ask(fixture.running.url + path, request),
    'HTTP/2': (path, request) => askOn(session, path, request),
  };

  describe.each(Object.entries(VERSIONS))('over %s', (_, send) => {
    it.each([
      [
        '/shop/down',
        503,
        'application/problem+json',
        { title: 'Service Unavailable', status: 503, policy: 'terminate' },
      ],
      [
        '/shop/gone',
        410,
        'application/problem+json',
        { title: 'Gone', status: 410, detail: 'Version 1 was taken out of service.', policy: 'terminate' },
      ],
      [
        '/desk/down',
        503,
        'application/problem+json',
        { title: 'Service Unavailable', status: 503, detail: 'The desk is closed.', policy: 'terminate' },
      ],
    ])('answer %s with a problem document', async (path, status, type, members) => {
      const answer = await send(path);

      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toBe(type);
      expect(answer.json()).toEqual({
        type: 'about:blank',
        ...members,
        correlationId: answer.headers['x-correlation-id'],
      });
      expect(fixture.upstream.received).toHaveLength(0);
    });

    it('answer with a body to the letter', async () => {
      const answer = await send('/shop/page');

      expect(answer.status).toBe(503);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.text).toBe('<h1>Back at 10</h1>');
    });

    it('answer with no body at all', async () => {
      const answer = await send('/shop/empty');

      expect(answer.status).toBe(204);
      expect(answer.headers['content-type']).toBeUndefined();
      expect(answer.headers['content-length']).toBeUndefined();
    });

    it('answer HEAD with the head alone', async () => {
      const answer = await send('/shop/down', { method: 'HEAD' });

      expect(answer.status).toBe(503);
      expect(answer.body).toHaveLength(0);
    });

    it("give the answer what the route's other policies owe it, once", async () => {
      const answer = await send('/shop/down');

      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      const names = answer.rawHeaders.filter((__, i) => i % 2 === 0).map((name) => name.toLowerCase());
      expect(names.filter((name) => name === 'x-correlation-id')).toHaveLength(1);
      expect(names.filter((name) => name === 'x-content-type-options')).toHaveLength(1);
    });

    it('echo a request, its credentials left out', async () => {
      const answer = await send('/shop/echo?a=1&a=2&b', {
        method: 'POST',
        headers: {
          Host: 'shop.example',
          Authorization: 'Bearer secret',
          Cookie: 'session=secret',
          'X-A': '1',
        },
        body: 'a note',
      });

      expect(answer.status).toBe(200);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.json()).toMatchObject({
        message: 'This is what came.',
        request: {
          method: 'POST',
          scheme: 'http',
          host: 'shop.example',
          port: fixture.running.port,
          path: '/shop/echo',
          query: { a: ['1', '2'], b: true },
          headers: { 'x-a': '1', host: 'shop.example' },
          body: 'a note',
        },
      });
      expect(answer.text).not.toContain('secret');
    });

    it('run where the trigger is not sent', async () => {
      const runs = await send('/shop/drill');
      const byHeader = await send('/shop/drill', { headers: { 'X-Drill': '' } });
      const byQuery = await send('/shop/drill?X-Drill=1');

      expect([runs.status, byHeader.status, byQuery.status]).toEqual([200, 503, 503]);
      expect(fixture.upstream.received).toHaveLength(1);
    });

    it('do the same on ordinary controllers, in front of their guards', async () => {
      const echoed = await send('/desk/echo', { method: 'POST', body: 'a note' });
      const runs = await send('/desk/drill');
      const ends = await send('/desk/drill', { headers: { 'X-Drill': '1' } });

      expect(echoed.json()).toMatchObject({ request: { method: 'POST', body: 'a note' } });
      expect(runs.json()).toEqual({ open: true });
      expect(ends.status).toBe(503);
    });

    it('say so to nobody who may not call', async () => {
      expect((await send('/private')).status).toBe(401);
    });

    it('are no failure to a filter of the team, to the log or to the connection', async () => {
      CatchAllFilter.caught = [];
      const paths = ['/shop/down', '/shop/echo', '/desk/down', '/shop/page', '/shop/drill'];
      const ids = paths.map((path) => `${randomUUID()}-${path.slice(1).replace('/', '-')}`);

      for (const [i, path] of paths.entries()) {
        await send(path, { headers: { 'X-Correlation-ID': ids[i] as string } });
      }
      const told = () =>
        fixture.running.lines().filter(({ correlationId }) => ids.includes(`${correlationId}`));
      // Lines come in the order of the requests, so behind the last one no other is missing.
      await vi.waitFor(() => expect(told().at(-1)).toMatchObject({ correlationId: ids.at(-1) }));

      expect(CatchAllFilter.caught).toEqual([]);
      expect(told().map(({ event, status, error }) => [event, status, error])).toEqual(
        [503, 200, 503, 503, 200].map((status) => ['request', status, undefined]),
      );
    });
  });

  it('answer whoever may call', async () => {
    const answer = await fixture.ask('/private');

    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ detail: 'Closed for stocktaking.' });
  });

  it('leave nothing in flight behind', async () => {
    await Promise.all(Array.from({ length: 20 }, () => fixture.ask('/shop/down')));

    expect(fixture.running.gateway.get(GatewayLifecycle, { strict: false }).edge.active).toBe(0);
  });

  it('keep a connection whose upload is short or was read, and close behind one that is neither', async () => {
    const client = new RawClient(fixture.running.port);
    const post = (path: string, length: number, sent: number): string =>
      `POST ${path} HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(sent)}`;

    const read = await client.send(post('/shop/echo', 5, 5)).answer('POST');
    const none = await client.send('GET /shop/down HTTP/1.1\r\nHost: gateway\r\n\r\n').answer();
    client.send(post('/shop/down', 1_000_000, 10));
    const unread = await client.answer('POST');
    await client.closed();

    expect([read.values('connection'), none.values('connection')]).not.toContainEqual(['close']);
    expect(unread.status).toBe(503);
    expect(unread.values('connection')).toEqual(['close']);
    client.close();
  });

  it('answer a client that holds its body back, without asking for it', async () => {
    const client = new RawClient(fixture.running.port);

    client.send(
      'POST /shop/down HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    const answer = await client.answer('POST');

    expect(answer.status).toBe(503);
    expect(answer.values('connection')).toEqual(['close']);
    client.close();
  });

  it('answer an HTTP/2 upload that goes on, and the connection serves others', async () => {
    const upload = session.request({ ':method': 'POST', ':path': '/shop/down' });
    upload.write(Buffer.alloc(1_000));
    const status = await new Promise((resolve) => upload.on('response', (head) => resolve(head[':status'])));
    upload.on('error', () => {}).resume();
    upload.close();

    const next = await askOn(session, '/shop/page');

    expect([status, next.status]).toEqual([503, 503]);
  });

  it('answer a handshake for a WebSocket, which is then none', async () => {
    const answer = await sendRaw(
      fixture.running.port,
      'GET /shop/socket HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );

    expect(answer.status).toBe(503);
    expect(fixture.running.gateway.get(GatewayLifecycle, { strict: false }).edge.active).toBe(0);
  });

  it('tell nothing of a body that is longer than is told', async () => {
    const answer = await sendRaw(
      fixture.running.port,
      `POST /shop/echo HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n${'x'.repeat(10_000)}\r\n0\r\n\r\n`,
    );

    expect(answer.status).toBe(200);
    expect(answer.json()).not.toHaveProperty('request.body');
  });
});

describe('a request that was answered while Nest waits for its guard', () => {
  const seen: WeakRef<object>[] = [];

  class SeenPolicy implements Policy<object> {
    readonly name = 'seen';

    stage() {
      return 'admission' as const;
    }

    check() {
      return [];
    }

    compile() {
      return { before: (exchange: object) => void seen.push(new WeakRef(exchange)) };
    }

    describe() {
      return 'remembers weakly';
    }
  }

  @Public()
  @ProxyController(SHOP, 'shop')
  class SeenController {
    @Get('down')
    @Terminate()
    @declarePolicy({ policy: 'seen', options: {}, writtenAs: '@Seen' })
    down() {
      return 'never';
    }
  }

  @Module({
    imports: [GatewayModule.forRoot({ policies: [SeenPolicy] }), UpstreamModule.forFeature(SHOP)],
    controllers: [SeenController],
    providers: [SeenPolicy],
  })
  class SeenModule {}

  const fixture = gatewayOf(SeenModule, { way: 'interpreted' });

  it('is held by nobody', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;

    for (let i = 0; i < 20; i++) await fixture.ask('/shop/down');

    expect(seen).toHaveLength(20);
    await vi.waitFor(() => {
      collect();
      expect(seen.filter((exchange) => exchange.deref() !== undefined)).toHaveLength(0);
    });
  });
});

describe('a gateway that answers everything by itself', () => {
  @Public()
  @ProxyController(SHOP, 'shop')
  class OpenController {
    constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

    @Get('needed')
    @NoTerminate('needed for the move')
    needed(@Forward() call: ForwardCall) {
      return this.shop.forward(call);
    }

    @All('*path')
    rest(@Forward() call: ForwardCall) {
      return this.shop.forward(call);
    }
  }

  @Module({
    imports: [
      GatewayModule.forRoot({ defaults: [terminate({ message: 'We are moving.' })] }),
      UpstreamModule.forFeature(SHOP),
    ],
    controllers: [OpenController],
  })
  class MovingModule {}

  const fixture = gatewayOf(MovingModule, {});

  it('lets a route run that says so', async () => {
    const moved = await fixture.ask('/shop/any');
    const needed = await fixture.ask('/shop/needed');

    expect([moved.status, needed.status]).toEqual([503, 200]);
    expect(moved.json()).toMatchObject({ detail: 'We are moving.' });
  });
});

describe('a bad declaration', () => {
  it.each<[TerminateOptions, RegExp]>([
    [{ status: 101 }, /status is 101; must be a whole number, 200–599\./],
    [{ status: 200, message: 'fine' }, /message stands with status 200; .*: use body\./],
    [{ status: 204, body: 'x' }, /status is 204, which carries no body; leave out message, body and echo\./],
    [{ body: 'x', message: 'y' }, /body is the whole answer; leave out message and echo/],
    [{ body: 'x', echo: true }, /body is the whole answer; leave out message and echo/],
    [{ contentType: 'text/plain' }, /contentType says what body is, and there is none/],
    [{ body: 'x', contentType: 'text/\r\nplain' }, /contentType is .*; must be a media type\./],
    [{ trigger: 'a b' }, /trigger is "a b"; must be a name that a header field can have\./],
    [{ message: ' ' }, /message is " "; must be text\./],
    [{ statuz: 503 } as TerminateOptions, /statuz is not an option; did you mean status\?/],
  ])('%j is refused at start, with the mend', async (options, problem) => {
    @Public()
    @ProxyController(SHOP, 'bad')
    class BadController {
      @Get()
      @Terminate(options)
      all() {
        return 'never';
      }
    }

    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SHOP)],
      controllers: [BadController],
    })
    class BadModule {}

    const started = startGateway(BadModule, { environment: { UPSTREAM_URL: 'http://127.0.0.1:9' } });

    await expect(started).rejects.toThrow(problem);
  });
});
