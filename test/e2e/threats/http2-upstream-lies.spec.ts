import { All, Module } from '@nestjs/common';
import {
  type UpstreamClient as Client,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type RunningGateway, startGateway, WAYS } from '../../support/gateway.harness.js';
import { FrameUpstream } from '../../support/http2-frame.upstream.js';
import { HTTP2_LIES, type Http2Lie } from '../../support/http2-lies.cases.js';
import { sendRaw } from '../../support/raw.client.js';

const LIAR = defineUpstream('liar-service', {
  targets: env('LIAR_URL'),
  protocol: 'http2',
  breaker: false,
  timeout: { headersMs: 500, idleMs: 500 },
});
const HONEST = defineUpstream('honest-service', { targets: env('HONEST_URL'), protocol: 'http2' });

@ProxyController(LIAR, 'liar')
@Public()
class LiarController {
  constructor(@InjectUpstream(LIAR) private readonly upstream: Client) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@ProxyController(HONEST, 'honest')
@Public()
class HonestController {
  constructor(@InjectUpstream(HONEST) private readonly upstream: Client) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(LIAR, HONEST)],
  controllers: [LiarController, HonestController],
})
class AppModule {}

const STATUSES: Readonly<Record<Http2Lie['ends'], number>> = {
  'upstream-protocol': 502,
  'upstream-reset': 502,
  'upstream-timeout': 504,
  ok: 200,
};

describe.each(WAYS)('an upstream that lies over HTTP/2, %s', (way) => {
  let liar: FrameUpstream;
  let honest: FrameUpstream;
  let gateway: RunningGateway;

  beforeAll(async () => {
    liar = await FrameUpstream.start();
    honest = await FrameUpstream.start();
    const environment = { LIAR_URL: liar.url, HONEST_URL: honest.url };
    gateway = await startGateway(AppModule, { way, environment });
  });

  afterAll(async () => {
    await gateway.close();
    await liar.close();
    await honest.close();
  });

  it.each(HTTP2_LIES)(
    '[122, 123, 125, 127, 129, 130, 131, 132, 135] is answered for, and hurts nobody else: $lie',
    async ({ write, ends }) => {
      liar.script = write;

      const lied = sendRaw(gateway.port, 'GET /liar/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n', 'GET');
      const innocent = await Promise.all([1, 2, 3].map(() => ask(`${gateway.url}/honest/x`)));
      const answer = await lied;

      // Where the body had begun, the client must see that it did not end.
      if (answer.status === 200 && ends !== 'ok') expect(answer.complete).toBe(false);
      else expect(answer.status).toBe(STATUSES[ends]);
      expect(innocent.map(({ status, text }) => [status, text])).toEqual([1, 2, 3].map(() => [200, 'ok']));
    },
  );
});
