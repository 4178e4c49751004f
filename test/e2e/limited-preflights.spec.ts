import { type ClientHttp2Session, connect } from 'node:http2';
import { Get, Module, Put } from '@nestjs/common';
import {
  AdmissionLimit,
  admissionLimit,
  Cors,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  SecurityHeaders,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';

const SERVICE = defineUpstream('page-service', { targets: env('UPSTREAM_URL') });
const APP = 'https://app.example';

@ProxyController(SERVICE, 'pages')
@Public()
@Cors({ origins: [APP], credentials: true })
class PagesController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('uncounted')
  @AdmissionLimit({ limit: 2, window: '1h' })
  uncounted(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('counted')
  @AdmissionLimit({ limit: 2, window: '1h', preflights: true })
  counted(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Put('refused')
  @AdmissionLimit({ limit: 2, window: '1h', preflights: true })
  refused(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('dressed')
  @SecurityHeaders()
  @AdmissionLimit({ limit: 1, window: '1h', preflights: true })
  dressed(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('shadow')
  @AdmissionLimit({ limit: 1, window: '1h', preflights: true, shadow: true })
  shadow(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  /** The gateway's default holds. */
  @Get('default')
  default(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@Module({
  imports: [
    GatewayModule.forRoot({ defaults: [admissionLimit({ limit: 3, window: '1h', preflights: true })] }),
    UpstreamModule.forFeature(SERVICE),
  ],
  controllers: [PagesController],
})
class AppModule {}

describe.each(WAYS)('preflights and limits, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const fixture = gatewayOf(AppModule, { way });
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    afterAll(() => session?.destroy());

    const go = (path: string, request: Ask = {}): Promise<Answer> =>
      session === undefined ? ask(fixture.running.url + path, request) : askOn(session, path, request);
    const preflights = async (
      count: number,
      path: string,
      { origin = APP, method = 'GET' } = {},
    ): Promise<readonly Answer[]> => {
      const headers = { Origin: origin, 'Access-Control-Request-Method': method };
      const answers: Answer[] = [];
      for (let i = 0; i < count; i++) answers.push(await go(path, { method: 'OPTIONS', headers }));
      return answers;
    };
    const request = (path: string): Promise<Answer> => go(path, { headers: { Origin: APP } });
    const statuses = (answers: readonly Answer[]): readonly number[] => answers.map(({ status }) => status);

    it('count no preflight unless told so', async () => {
      const asked = await preflights(5, '/pages/uncounted');
      const first = await request('/pages/uncounted');

      expect(statuses(asked)).toEqual([204, 204, 204, 204, 204]);
      expect(asked[0]?.headers['ratelimit']).toBeUndefined();
      expect(first.headers['x-ratelimit-remaining']).toBe('1');
    });

    it('count preflights with the requests where they are told to', async () => {
      const [first] = await preflights(1, '/pages/counted');
      const between = await request('/pages/counted');
      const [last] = await preflights(1, '/pages/counted');
      const beyond = await request('/pages/counted');

      expect(first?.status).toBe(204);
      expect(first?.headers).toMatchObject({
        'access-control-allow-origin': APP,
        ratelimit: expect.stringMatching(/^"admission";r=1;t=\d+$/),
      });
      expect([between, last, beyond].map((answer) => answer?.status)).toEqual([200, 429, 429]);
      expect(fixture.upstream.received).toHaveLength(1);
    });

    it('refuse a preflight without allowing anything, and the request itself so that the page can read why', async () => {
      const [, , refused] = await preflights(3, '/pages/refused', { method: 'PUT' });
      const request = await go('/pages/refused', { method: 'PUT', headers: { Origin: APP } });

      // A browser takes any status but 2xx for a failed preflight (Fetch, section 4.8), and remembers nothing of it.
      expect(refused?.status).toBe(429);
      expect(refused?.json()).toMatchObject({ code: 'rate-limited', policy: 'admission-limit' });
      expect(refused?.headers['retry-after']).toMatch(/^\d+$/);
      expect(
        Object.keys(refused?.headers ?? {}).filter((name) => name.startsWith('access-control-')),
      ).toEqual([]);
      expect(request.status).toBe(429);
      expect(request.headers).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        vary: 'Origin',
      });
    });

    it('count a preflight whoever it is from, so that origins cannot be tried without end', async () => {
      const asked = await preflights(4, '/pages/default', { origin: 'https://evil.example' });
      const honest = await preflights(1, '/pages/default');

      expect(statuses(asked)).toEqual([403, 403, 403, 429]);
      expect(statuses(honest)).toEqual([429]);
    });

    it('give a refused preflight what every answer of the route is given', async () => {
      const answers = await preflights(2, '/pages/dressed');

      expect(statuses(answers)).toEqual([204, 429]);
      for (const { headers } of answers) {
        expect(headers['x-content-type-options']).toBe('nosniff');
        expect(headers['x-correlation-id']).toBeDefined();
      }
    });

    it('refuse no preflight in the shadow', async () => {
      expect(statuses(await preflights(3, '/pages/shadow'))).toEqual([204, 204, 204]);
    });
  });
});
