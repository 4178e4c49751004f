import { All, Module } from '@nestjs/common';
import {
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
import { describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.js';
import { ask, startGateway, WAYS } from '../support/gateway.harness.js';
import { RawClient } from '../support/raw.client.js';
import { RecordingUpstream } from '../support/recording.upstream.js';

const SLOW = defineUpstream('slow-service', { targets: env('UPSTREAM_URL') });

@ProxyController(SLOW, 'slow')
@Public()
class SlowController {
  constructor(@InjectUpstream(SLOW) private readonly slow: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.slow.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SLOW)],
  controllers: [SlowController],
})
class AppModule {}

describe.each(WAYS)('draining, %s', (way) => {
  it('turns readiness red, closes connections behind their answers and finishes what is in flight', async () => {
    const upstream = await RecordingUpstream.start();
    const environment = { UPSTREAM_URL: upstream.url, DRAIN_DELAY_MS: '400', DRAIN_MS: '10000' };
    const running = await startGateway(AppModule, { way, environment });
    const arrived = new Gate<() => void>();
    upstream.respond = (req, res) => {
      if (req.url === '/slow/long') arrived.open(() => res.end('finished'));
      else res.end('quick');
    };
    const long = new RawClient(running.port).send('GET /slow/long HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const finish = await arrived.opened;

    const drained = running.gateway.drain();
    const ready = await ask(`${running.url}/health/ready`);
    const alive = await ask(`${running.url}/health/live`);
    const quick = new RawClient(running.port).send('GET /slow/quick HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const during = await quick.answer();
    await quick.closed();
    finish();
    const inFlight = await long.answer();
    await long.closed();
    await drained;

    expect([ready.status, ready.text]).toEqual([503, '{"status":"down"}']);
    expect(alive.status).toBe(200);
    expect([during.status, during.body.toString()]).toEqual([200, 'quick']);
    expect(during.values('connection')).toEqual(['close']);
    expect(inFlight.body.toString()).toBe('finished');
    expect(inFlight.complete).toBe(true);
    await expect(ask(`${running.url}/health`)).rejects.toThrow(/ECONNREFUSED/);
    await upstream.close();
  });

  it('cuts what is still unfinished when the drain time is over', async () => {
    const upstream = await RecordingUpstream.start();
    const environment = { UPSTREAM_URL: upstream.url, DRAIN_DELAY_MS: '0', DRAIN_MS: '200' };
    const running = await startGateway(AppModule, { way, environment });
    const arrived = new Gate();
    upstream.respond = () => arrived.open();
    const stuck = new RawClient(running.port).send('GET /slow/stuck HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await arrived.opened;

    await running.gateway.drain();
    await stuck.closed();

    await expect(stuck.answer()).rejects.toThrow(/without an answer/);
    await upstream.close();
  });
});
