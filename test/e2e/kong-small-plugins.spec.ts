import { type ClientHttp2Session, connect } from 'node:http2';
import { All, Module } from '@nestjs/common';
import {
  type CompiledPolicy,
  declarePolicy,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  type Policy,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
  UpstreamResponse,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorAnswer } from '../../src/contracts/error-answer.js';
import type { KongPluginConfigs, KongPluginName } from '../../src/kong/kong-plugins.js';
import { CORRELATION_ID_PLUGIN } from '../../src/kong/plugins/correlation-id.plugin.js';
import { CORS_PLUGIN } from '../../src/kong/plugins/cors.plugin.js';
import { IP_RESTRICTION_PLUGIN } from '../../src/kong/plugins/ip-restriction.plugin.js';
import type { CompiledPlugin, KongPluginMapping } from '../../src/kong/plugins/kong-plugin.js';
import { KongRefusal } from '../../src/kong/plugins/kong-refusal.js';
import { REQUEST_SIZE_LIMITING_PLUGIN } from '../../src/kong/plugins/request-size-limiting.plugin.js';
import { REQUEST_TERMINATION_PLUGIN } from '../../src/kong/plugins/request-termination.plugin.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { placeOf } from '../support/kong-plugin.place.js';
import { sendRaw } from '../support/raw.client.js';

const SHOP = defineUpstream('shop-service', { targets: env('UPSTREAM_URL'), breaker: false });

/** The words of a refusal as the least of Kong's error bodies. */
const inWords: ErrorAnswer = (_exchange, error) =>
  error instanceof KongRefusal
    ? UpstreamResponse.json({ message: error.answer.message }, error.answer.status)
    : UpstreamResponse.json({ code: error.code }, error.status);

/** Puts a compiled plugin on a route, as a route of a Kong file has it. */
class KongPluginPolicy implements Policy<CompiledPlugin> {
  readonly name = 'kong-plugin';

  stage() {
    return 'admission' as const;
  }

  check() {
    return [];
  }

  compile({ before, dress }: CompiledPlugin): CompiledPolicy {
    return {
      before: (exchange) => {
        exchange.errorAnswer = inWords;
        return before?.(exchange);
      },
      ...(dress && { dress }),
    };
  }

  describe() {
    return 'one plugin';
  }
}

const Plugin = <Name extends KongPluginName>(
  mapping: KongPluginMapping<Name>,
  config: KongPluginConfigs[Name],
) =>
  declarePolicy({
    policy: 'kong-plugin',
    options: mapping.compile(placeOf(mapping.name, config)),
    writtenAs: '@Plugin',
  });

@Public()
@ProxyController(SHOP, 'shop')
class ShopController {
  constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

  @All('limited')
  @Plugin(REQUEST_SIZE_LIMITING_PLUGIN, {
    allowedPayloadSize: 1,
    sizeUnit: 'kilobytes',
    requireContentLength: false,
  })
  limited(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @All('measured')
  @Plugin(REQUEST_SIZE_LIMITING_PLUGIN, {
    allowedPayloadSize: 1,
    sizeUnit: 'kilobytes',
    requireContentLength: true,
  })
  measured(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @All('pages')
  @Plugin(CORS_PLUGIN, {
    origins: ['https://.*\\.app\\.example', 'https://app.example'],
    methods: ['GET', 'PUT'],
    headers: undefined,
    exposedHeaders: undefined,
    maxAge: 60,
    credentials: true,
    privateNetwork: false,
    preflightContinue: false,
    allowOriginAbsent: true,
  })
  pages(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @All('named')
  @Plugin(CORRELATION_ID_PLUGIN, {
    headerName: 'Kong-Request-ID',
    generator: 'tracker',
    echoDownstream: true,
  })
  named(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @All('inner')
  @Plugin(IP_RESTRICTION_PLUGIN, { allow: ['10.0.0.1/8'], deny: undefined, status: 403, message: undefined })
  inner(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @All('down')
  @Plugin(REQUEST_TERMINATION_PLUGIN, {
    statusCode: 503,
    message: undefined,
    body: undefined,
    contentType: undefined,
    echo: false,
    trigger: undefined,
  })
  down(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot({ policies: [KongPluginPolicy] }), UpstreamModule.forFeature(SHOP)],
  controllers: [ShopController],
  providers: [KongPluginPolicy],
})
class AppModule {}

describe.each(WAYS)("Kong's small plugins on real connections, %s", (way) => {
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

  describe.each(Object.entries(VERSIONS))('over %s', (version, send) => {
    it('§6 request-termination: answers plain JSON', async () => {
      const answer = await send('/shop/down', { headers: { Accept: 'text/html' } });

      expect([answer.status, answer.text]).toEqual([503, '{"message":"Service unavailable"}']);
      expect(fixture.upstream.received).toHaveLength(0);
    });

    it('§6 cors: answers a preflight 200 inside the pipeline', async () => {
      const answer = await send('/shop/pages', {
        method: 'OPTIONS',
        headers: { Origin: 'https://a.app.example', 'Access-Control-Request-Method': 'PUT' },
      });

      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': 'https://a.app.example',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET,PUT',
        'access-control-max-age': '60',
        vary: 'Origin',
        'content-length': '0',
      });
      expect(fixture.upstream.received).toHaveLength(0);
    });

    it('§6 cors: passes any other OPTIONS request on, and dresses its answer', async () => {
      const answer = await send('/shop/pages', {
        method: 'OPTIONS',
        headers: { Origin: 'https://app.example' },
      });

      expect(answer.headers['access-control-allow-origin']).toBe('https://app.example');
      expect(fixture.upstream.last.method).toBe('OPTIONS');
    });

    it('§6 correlation-id: gives upstream and client the same id, made of the connection', async () => {
      const first = await send('/shop/named');
      const { headers } = fixture.upstream.last;

      const id = `127.0.0.1-${fixture.running.port}-${process.pid}-`;
      expect(headers['kong-request-id']).toContain(id);
      expect(first.headers['kong-request-id']).toBe(headers['kong-request-id']);
    });

    it('§6 ip-restriction: refuses by address', async () => {
      const answer = await send('/shop/inner');

      expect([answer.status, answer.json()]).toEqual([403, { message: 'IP address not allowed: 127.0.0.1' }]);
    });

    it('§6 request-size-limiting: refuses 411 what says no length and has no chunks', async () => {
      const answer = await send('/shop/measured');

      expect([answer.status, answer.json()]).toEqual([
        411,
        { message: 'A valid Content-Length header is required' },
      ]);
    });

    it(`§6 request-size-limiting: breaks off an upload of unknown length over ${version}`, async () => {
      const answer = await send('/shop/limited', {
        method: 'POST',
        headers: version === 'HTTP/2' ? {} : { 'Transfer-Encoding': 'chunked' },
        body: 'x'.repeat(1_025),
      });

      expect([answer.status, answer.json()]).toEqual([413, { message: 'Request size limit exceeded' }]);
    });
  });

  it('§6 correlation-id: tracker knows an HTTP/2 connection again', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 2; i++) {
      ids.push(String((await askOn(session, '/shop/named')).headers['kong-request-id']));
    }

    const [first, second] = ids.map((id) => id.split('-').slice(3, 5).map(Number)) as [number[], number[]];
    expect(second).toEqual([first[0], (first[1] as number) + 1]);
  });

  it('§6 request-size-limiting: answers 417 where a 100 is expected, before the body is sent', async () => {
    const answer = await sendRaw(
      fixture.running.port,
      'POST /shop/limited HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: 1025\r\n\r\n',
    );

    expect([answer.status, answer.json()]).toEqual([417, { message: 'Request size limit exceeded' }]);
  });
});
