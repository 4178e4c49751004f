import { type ClientHttp2Session, connect } from 'node:http2';
import { Get, Module } from '@nestjs/common';
import {
  Cors,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayOf } from '../../support/gateway.fixture.js';
import { type Answer, type Ask, ask, WAYS } from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';

const USERS = defineUpstream('user-service', { targets: env('UPSTREAM_URL') });

@ProxyController(USERS, 'users')
@Public()
@Cors({ origins: ['https://app.example', 'https://*.preview.example'], credentials: true })
class UsersController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @Get(':id')
  one(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(USERS)],
  controllers: [UsersController],
})
class AppModule {}

const STRANGERS = [
  'null',
  'https://app.example.evil.example',
  'https://evil.example/https://app.example',
  'https://evilapp.example',
  'http://app.example',
  'https://app.example:8443',
  'https://APP.example',
  'https://app.example, https://evil.example',
  'https://preview.example',
  'https://evilpreview.example',
  'https://a.preview.example.evil.example',
  'https://evil.example#.preview.example',
  'https://evil.example?.preview.example',
  'https://evil.example\\.preview.example',
  'https://.preview.example',
  '',
] as const;

describe.each(WAYS)('strange origins, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const fixture = gatewayOf(AppModule, { way });
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    afterAll(() => session?.destroy());

    const go = (request: Ask): Promise<Answer> =>
      session === undefined
        ? ask(`${fixture.running.url}/users/7`, request)
        : askOn(session, '/users/7', request);

    it.each(STRANGERS)(
      '[121] a page of %j is given no allow header, neither for a preflight nor for a request',
      async (origin) => {
        // An upstream that reflects whatever it is sent.
        fixture.upstream.respond = ({ headers }, res) => {
          res.setHeader('Access-Control-Allow-Origin', headers.origin ?? '*');
          res.setHeader('Access-Control-Allow-Credentials', 'true');
          res.end();
        };

        const asked = await go({
          method: 'OPTIONS',
          headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
        });
        const done = await go({ headers: { Origin: origin } });

        expect([asked.status, done.status]).toEqual([403, 200]);
        expect(asked.json()).toMatchObject({ policy: 'cors', reason: 'origin-not-allowed' });
        for (const { headers, rawHeaders } of [asked, done]) {
          expect(rawHeaders.filter((text) => /^access-control-/i.test(text))).toEqual([]);
          expect(headers.vary).toContain('Origin');
        }
      },
    );

    it.runIf(protocol === 'HTTP/1.1')('[121] two origins in one request are none', async () => {
      const answer = await go({ headers: { Origin: ['https://app.example', 'https://evil.example'] } });

      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });
  });
});
