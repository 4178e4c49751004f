import { connect } from 'node:http2';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  IpRestriction,
  IpRestrictionGuard,
  jwt,
  NoIpRestriction,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';

const INNER = defineUpstream('inner-service', { targets: env('UPSTREAM_URL') });

@ProxyController(INNER, 'inner')
@IpRestriction({ allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.0.0.13'] })
class InnerController {
  constructor(@InjectUpstream(INNER) private readonly inner: UpstreamClient) {}

  @Get()
  all(@Forward() call: ForwardCall) {
    return this.inner.forward(call);
  }

  @Get('wide')
  @NoIpRestriction('partners call from anywhere')
  wide(@Forward() call: ForwardCall) {
    return this.inner.forward(call);
  }
}

@Controller('desk')
@UseGuards(IpRestrictionGuard)
@IpRestriction({ allow: ['10.0.0.0/8'] })
class DeskController {
  @Get()
  desk() {
    return { ok: true };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(INNER)],
  controllers: [InnerController, DeskController],
})
class AppModule {}

describe.each(WAYS)('restrictions by address, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way, environment: { TRUSTED_PROXIES: '127.0.0.1' } });
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });

  it.each([
    ['10.1.2.3', 200],
    ['::ffff:10.1.2.3', 200],
    ['2001:db8::7', 200],
    ['10.0.0.13', 403],
    ['::ffff:10.0.0.13', 403],
    ['11.0.0.1', 403],
    ['2001:db9::7', 403],
  ])('%s is answered %i', async (address, status) => {
    const answer = await fixture.ask('/inner', from(address));

    expect(answer.status).toBe(status);
    expect(fixture.upstream.received).toHaveLength(status === 200 ? 1 : 0);
  });

  it('refuses with a reason, before any credential is looked at', async () => {
    const answer = await ask(`${fixture.running.url}/inner`, from('192.0.2.1'));

    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({
      code: 'forbidden',
      policy: 'ip-restriction',
      reason: 'address-denied',
    });
  });

  it('holds over HTTP/2', async () => {
    const session = connect(fixture.running.url);
    const answer = await askOn(session, '/inner', from('192.0.2.1'));
    session.close();

    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ reason: 'address-denied' });
  });

  it('can be taken off one route', async () => {
    const answer = await fixture.ask('/inner/wide', from('192.0.2.1'));

    expect(answer.status).toBe(200);
  });

  it('holds on ordinary controllers by its guard', async () => {
    expect((await fixture.ask('/desk', from('10.1.2.3'))).status).toBe(200);
    const refused = await fixture.ask('/desk', from('192.0.2.1'));

    expect(refused.status).toBe(403);
    expect(refused.json()).toMatchObject({ policy: 'ip-restriction', reason: 'address-denied' });
  });
});

describe('a bad list', () => {
  it.each([
    ['a proxy controller', InnerBad()],
    ['an ordinary one', DeskBad()],
  ])('on %s is refused at start, each entry by name', async (_, controller) => {
    @Module({
      imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(INNER)],
      controllers: [controller],
    })
    class BadModule {}

    const started = startGateway(BadModule, { environment: { UPSTREAM_URL: 'http://127.0.0.1:9' } });

    await expect(started).rejects.toThrow(
      /allow: "10\.0\.0\.1\/8" has bits set(?:.|\n)*deny: "nowhere" is neither/,
    );
  });
});

function InnerBad() {
  @ProxyController(INNER, 'bad')
  @IpRestriction({ allow: ['10.0.0.1/8'], deny: ['nowhere'] })
  class BadController {
    constructor(@InjectUpstream(INNER) private readonly inner: UpstreamClient) {}

    @Get()
    all(@Forward() call: ForwardCall) {
      return this.inner.forward(call);
    }
  }
  return BadController;
}

function DeskBad() {
  @Controller('bad')
  @UseGuards(IpRestrictionGuard)
  @IpRestriction({ allow: ['10.0.0.1/8'], deny: ['nowhere'] })
  class BadController {
    @Get()
    desk() {
      return { ok: true };
    }
  }
  return BadController;
}
