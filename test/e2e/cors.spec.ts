import { type ClientHttp2Session, connect } from 'node:http2';
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  Delete,
  type ExceptionFilter,
  Get,
  ImATeapotException,
  Module,
  Post,
  Req,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { Response } from 'express';
import {
  ConfigError,
  Cors,
  type CorsOptions,
  cors,
  createGateway,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  JwtAuthGuard,
  jwt,
  NoCors,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { bearer } from '../support/tokens.js';

const USERS = defineUpstream('user-service', { targets: env('UPSTREAM_URL'), retry: false });
const APP = 'https://app.example';

@ProxyController(USERS, 'users')
@RateLimit({ limit: 2, window: '1m', by: 'subject' })
@Cors({
  origins: [APP, 'https://*.preview.example'],
  credentials: true,
  exposedHeaders: ['X-Total'],
  privateNetwork: true,
})
class UsersController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get(':id')
  one(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }

  @Delete(':id')
  @Cors({ origins: [APP], headers: ['Authorization', 'X-Reason'], maxAgeSeconds: 0 })
  drop(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }

  @Post(':id')
  @NoCors('written by machines only')
  write(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Catch(ImATeapotException)
class TeapotFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(418).json({ teapot: true });
  }
}

@ProxyController(USERS, 'open')
@Public()
@Cors({ origins: ['*'], exposedHeaders: ['*'] })
class OpenController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get('tea')
  @UseFilters(TeapotFilter)
  tea() {
    throw new ImATeapotException();
  }

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@ProxyController(USERS, 'strict')
@Public()
@Cors({ origins: [APP], refuseOthers: true })
class StrictController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** Says nothing itself: the gateway's default holds. */
@ProxyController(USERS, 'plain')
@Public()
class PlainController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get()
  all(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

abstract class ListsThings {
  @Get('things')
  things() {
    return ['thing'];
  }
}

@Controller('own')
@Cors({ origins: [APP], refuseOthers: true })
class OwnController extends ListsThings {
  @Get()
  plain() {
    return { plain: true };
  }

  @Get('guarded')
  @UseGuards(JwtAuthGuard)
  guarded(@Req() _req: unknown) {
    return {};
  }
}

@Controller('other')
class OtherController extends ListsThings {}

@Module({
  imports: [
    GatewayModule.forRoot({
      authentication: jwt(),
      defaults: [cors({ origins: ['https://default.example'] })],
    }),
    UpstreamModule.forFeature(USERS),
  ],
  controllers: [
    UsersController,
    OpenController,
    StrictController,
    PlainController,
    OwnController,
    OtherController,
  ],
})
class AppModule {}

const preflight = (origin: string, method: string, more: Record<string, string> = {}): Ask => ({
  method: 'OPTIONS',
  headers: { Origin: origin, 'Access-Control-Request-Method': method, ...more },
});

const corsFields = ({ rawHeaders }: Answer): Record<string, string> => {
  const found: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!name.startsWith('access-control-') && name !== 'vary') continue;
    expect(found[name], `${name} stands twice`).toBeUndefined();
    found[name] = rawHeaders[i + 1] as string;
  }
  return found;
};

const PROTOCOLS = ['HTTP/1.1', 'HTTP/2'] as const;

describe.each(WAYS)('CORS, %s', (way) => {
  describe.each(PROTOCOLS)('over %s', (protocol) => {
    const fixture = gatewayOf(AppModule, { way });
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    afterAll(() => session?.destroy());

    const go = (path: string, request: Ask = {}): Promise<Answer> =>
      session === undefined ? ask(fixture.running.url + path, request) : askOn(session, path, request);

    it('answers a preflight before anybody is asked who he is, and no upstream hears of it', async () => {
      const answer = await go(
        '/users/7',
        preflight(APP, 'GET', { 'Access-Control-Request-Headers': 'X-A, x-b' }),
      );

      expect(answer.status).toBe(204);
      expect(corsFields(answer)).toEqual({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': 'x-a, x-b',
        'access-control-max-age': '600',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network',
      });
      expect(fixture.upstream.received).toEqual([]);
    });

    it('finds the route of the method that is asked for', async () => {
      const allowed = await go(
        '/users/7',
        preflight(APP, 'DELETE', { 'Access-Control-Request-Headers': 'x-reason' }),
      );
      const refused = await go(
        '/users/7',
        preflight(APP, 'DELETE', { 'Access-Control-Request-Headers': 'x-other' }),
      );
      const unknown = await go('/users/7', preflight(APP, 'PATCH'));

      expect(corsFields(allowed)).toMatchObject({
        'access-control-allow-methods': 'DELETE',
        'access-control-allow-headers': 'Authorization, X-Reason',
        'access-control-max-age': '0',
      });
      expect(refused.status).toBe(403);
      expect(refused.json()).toMatchObject({
        code: 'forbidden',
        policy: 'cors',
        reason: 'header-not-allowed',
      });
      expect(corsFields(refused)).toEqual({ vary: expect.stringContaining('Origin') });
      expect(unknown.headers['access-control-allow-origin']).toBeUndefined();
    });

    it('tells a page of the pattern that it may read, also when the answer is a refusal', async () => {
      const origin = 'https://pr-7.team.preview.example';
      const headers = { Origin: origin, ...bearer({ sub: `${way}-${protocol}` }) };
      const readable = { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };

      const nobody = await go('/users/7', { headers: { Origin: origin } });
      const first = await go('/users/7', { headers });
      await go('/users/7', { headers });
      const third = await go('/users/7', { headers });

      expect([nobody, first, third].map(({ status }) => status)).toEqual([401, 200, 429]);
      for (const answer of [nobody, first, third]) {
        expect(corsFields(answer)).toMatchObject({
          ...readable,
          'access-control-expose-headers': 'X-Total',
          vary: 'Origin',
        });
      }
    });

    it('counts no preflight', async () => {
      for (let i = 0; i < 5; i++) expect((await go('/users/7', preflight(APP, 'GET'))).status).toBe(204);
      const headers = { Origin: APP, ...bearer({ sub: `uncounted-${way}-${protocol}` }) };

      const answer = await go('/users/7', { headers });

      expect(answer.headers['x-ratelimit-remaining']).toBe('1');
    });

    it('replaces what the upstream says, and keeps what it varies by', async () => {
      fixture.upstream.respond = (_req, res) => {
        res.writeHead(200, [
          'Access-Control-Allow-Origin',
          '*',
          'access-control-allow-credentials',
          'false',
          'Access-Control-Allow-Origin',
          'https://evil.example',
          'Vary',
          'Accept-Language',
          'vary',
          'Accept',
        ] as unknown as Record<string, string>);
        res.end('{}');
      };

      const ours = await go('/users/7', {
        headers: { Origin: APP, ...bearer({ sub: `replaced-${way}-${protocol}` }) },
      });
      const theirs = await go('/users/7', {
        headers: { Origin: 'https://evil.example', ...bearer({ sub: `replaced-${way}-${protocol}` }) },
      });
      const left = await go('/users/7', {
        method: 'POST',
        headers: { Origin: APP, ...bearer({ sub: `left-${way}-${protocol}` }) },
      });

      expect(corsFields(ours)).toEqual({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'X-Total',
        vary: 'Accept-Language, Accept, Origin',
      });
      expect(corsFields(theirs)).toEqual({ vary: 'Accept-Language, Accept, Origin' });
      expect(left.headers['access-control-allow-origin']).toContain('*');
    });

    it('is readable when the upstream is down', async () => {
      fixture.upstream.respond = (_req, res) => res.destroy();

      const answer = await go('/open/x', { headers: { Origin: APP } });

      expect(answer.status).toBe(502);
      expect(corsFields(answer)).toEqual({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': '*',
      });
    });

    it('allows everybody where it says so, without a word on the origin', async () => {
      const asked = await go('/open/x', preflight('null', 'PUT'));
      const done = await go('/open/x');

      expect(corsFields(asked)).toEqual({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        'access-control-max-age': '600',
        vary: 'Access-Control-Request-Method, Access-Control-Request-Headers',
      });
      expect(corsFields(done)).toMatchObject({ 'access-control-allow-origin': '*' });
      expect(done.headers.vary).toBeUndefined();
    });

    it("stands on what a team's exception filter answers", async () => {
      const answer = await go('/open/tea', { headers: { Origin: APP } });

      expect(answer.status).toBe(418);
      expect(answer.json()).toEqual({ teapot: true });
      expect(answer.headers['access-control-allow-origin']).toBe('*');
    });

    it('refuses requests of other origins where that is wanted, and not its own', async () => {
      const host = 'gateway.example';

      const other = await go('/strict/x', { headers: { Origin: 'https://evil.example' } });
      const page = await go('/strict/x', { headers: { Origin: APP } });
      const own = await go('/strict/x', {
        method: 'POST',
        headers: { Origin: `http://${host}`, Host: host },
      });
      const none = await go('/strict/x');

      expect([other, page, own, none].map(({ status }) => status)).toEqual([403, 200, 200, 200]);
      expect(other.json()).toMatchObject({ policy: 'cors', reason: 'origin-not-allowed' });
      expect(fixture.upstream.received).toHaveLength(3);
    });

    it('holds by default on every route that says nothing', async () => {
      const answer = await go('/plain', preflight('https://default.example', 'GET'));

      expect(answer.status).toBe(204);
      expect(answer.headers['access-control-allow-origin']).toBe('https://default.example');
    });

    it('lets a page of the default read that no route takes its request, and promises it nothing', async () => {
      const origin = 'https://default.example';

      const answer = await go('/nowhere', { headers: { Origin: origin } });
      const asked = await go('/nowhere', preflight(origin, 'GET'));

      expect([answer.status, asked.status]).toEqual([404, 404]);
      expect(corsFields(answer)).toEqual({ 'access-control-allow-origin': origin, vary: 'Origin' });
      expect(corsFields(asked)).toEqual({ vary: 'Origin' });
    });

    it('leaves other OPTIONS requests, and routes without the policy, as they were', async () => {
      const plain = await go('/users/7', { method: 'OPTIONS', headers: { Origin: APP } });
      const off = await go('/users/7', preflight(APP, 'POST'));
      expect(plain.status).toBe(204);
      expect(plain.headers.allow).toBe('DELETE, GET, HEAD, OPTIONS, POST');
      expect(off.headers['access-control-allow-origin']).toBeUndefined();
    });

    it('holds on ordinary controllers without a guard, on what they inherit, and on their errors', async () => {
      const asked = await go('/own/guarded', preflight(APP, 'GET'));
      const inherited = await go('/own/things', { headers: { Origin: APP } });
      const refused = await go('/own/guarded', { headers: { Origin: APP } });
      const other = await go('/own', { headers: { Origin: 'https://evil.example' } });
      const untouched = await go('/other/things', { headers: { Origin: APP } });

      expect([asked, inherited, refused, other, untouched].map(({ status }) => status)).toEqual([
        204, 200, 401, 403, 200,
      ]);
      for (const answer of [asked, inherited, refused]) {
        expect(answer.headers['access-control-allow-origin']).toBe(APP);
      }
      expect(corsFields(untouched)).toEqual({});
    });

    it.runIf(protocol === 'HTTP/1.1')(
      'takes a request that asks for two methods for no preflight',
      async () => {
        const twice = await go('/open/x', {
          method: 'OPTIONS',
          headers: { Origin: APP, 'Access-Control-Request-Method': ['GET', 'PUT'] },
        });

        expect(fixture.upstream.last.method).toBe('OPTIONS');
        expect(twice.headers['access-control-allow-methods']).toBeUndefined();
      },
    );

    it('grants a private network only to whom it is granted', async () => {
      const network = { 'Access-Control-Request-Private-Network': 'true' };

      const granted = await go('/users/7', preflight(APP, 'GET', network));
      const not = await go('/open/x', preflight(APP, 'GET', network));

      expect(granted.headers['access-control-allow-private-network']).toBe('true');
      expect(not.headers['access-control-allow-private-network']).toBeUndefined();
    });
  });
});

describe('start refuses', () => {
  it.each<[CorsOptions, string]>([
    [{ origins: [] }, 'origins names nobody'],
    [{ origins: ['*'], credentials: true }, 'every page on the web could act for whoever is logged in'],
    [{ origins: ['*', APP] }, '"*" stands alone'],
    [{ origins: [`${APP}/`] }, 'must be an origin as browsers send it'],
    [{ origins: ['https://*.com'] }, 'too wide'],
    [{ origins: ['https://app.example:443'] }, 'write it so'],
    [{ origins: [APP], methods: ['get'] }, 'capital letters'],
    [{ origins: [APP], headers: ['*'] }, 'left out, it is what the page asks for'],
    [{ origins: [APP], exposedHeaders: ['*'], credentials: true }, 'name the fields'],
    [{ origins: [APP], maxAgeSecond: 5 } as CorsOptions, 'maxAgeSeconds'],
  ])('%j', async (options, message) => {
    @ProxyController(USERS, 'wrong')
    @Public()
    @Cors(options)
    class WrongController {
      constructor(@InjectUpstream(USERS) readonly users: UpstreamClient) {}

      @Get()
      all(@Forward() call: ForwardCall) {
        return this.users.forward(call);
      }
    }
    expect(await problemsOf(WrongController)).toMatch(message);
  });

  it("app.enableCors() beside the gateway's own", async () => {
    const problems = await problemsOf(OpenController, true);

    expect(problems).toContain('app.enableCors() stands in front of it');
  });
});

async function problemsOf(controller: new (...args: never[]) => object, cors = false): Promise<string> {
  @Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(USERS)],
    controllers: [controller],
  })
  class WrongModule {}
  const gateway = await createGateway(WrongModule, {
    environment: { UPSTREAM_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'silent', ACCESS_LOG: 'off' },
    nest: { logger: false },
  });
  if (cors) gateway.enableCors();
  const error = await gateway.init().catch((thrown: unknown) => thrown);
  await gateway.close();
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
}
