import { connect } from 'node:http2';
import { All, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Authenticate,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { createTestGateway, FakeUpstream, type TestGateway } from 'portcullis/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOCK } from '../../../src/contracts/clock.js';
import { ask, WAYS } from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { IdentityProvider, RESOURCE, signingKey } from '../../support/identity.provider.js';
import { MovedClock } from '../../support/moved.clock.js';
import { refusal } from '../../support/websocket.client.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const ORDERS = defineUpstream('order-service', { targets: env('UPSTREAM_URL') });

@ProxyController(ORDERS, 'orders')
class OrdersController {
  constructor(@InjectUpstream(ORDERS) private readonly orders: UpstreamClient) {}

  @All('*path')
  @WebSocket()
  @Authenticate(jwt())
  all(@Forward() call: ForwardCall) {
    return this.orders.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(ORDERS)],
  controllers: [OrdersController],
})
class AppModule {}

describe.each(WAYS)('tokens of a real identity provider, %s', (way) => {
  const provider = new IdentityProvider();
  const clock = new MovedClock();
  const keys = { first: signingKey('first'), second: signingKey('second', 'ES256') };
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  let token: string;

  beforeAll(async () => {
    upstream = await FakeUpstream.start();
    await provider.start([keys.first]);
    token = await provider.token();
    gateway = await createTestGateway(
      Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(CLOCK)
        .useValue(clock),
      {
        environment: {
          JWT_SECRET: undefined,
          JWT_ISSUER: provider.issuer,
          JWT_DISCOVERY: 'on',
          JWT_AUDIENCE: RESOURCE,
          UPSTREAM_URL: upstream.url,
          PORTCULLIS_COMPILE: way === 'interpreted' ? 'off' : 'auto',
        },
      },
    );
  });

  afterAll(async () => {
    await gateway.close();
    await provider.stop();
    await upstream.close();
  });

  const answerTo = (bearer: string) =>
    ask(`${gateway.url}/orders/1`, { headers: { Authorization: `Bearer ${bearer}` } });
  const status = async (bearer: string): Promise<number> => (await answerTo(bearer)).status;
  /** The statuses over HTTP/2 and of a WebSocket's handshake, which the stand-in of the upstream never accepts. */
  const elsewhere = async (bearer: string): Promise<readonly number[]> => {
    const headers = { Authorization: `Bearer ${bearer}` };
    const session = connect(gateway.url);
    const two = await askOn(session, '/orders/1', { headers });
    session.close();
    const port = Number(new URL(gateway.url).port);
    return [two.status, (await refusal(port, '/orders/1', { headers })).status];
  };
  /** Waits for a fetch that a request began in the background. */
  const fetched = (count: number) => expect.poll(() => provider.keyFetches, { interval: 5 }).toBe(count);

  it('are accepted by the keys that discovery leads to, fetched once', async () => {
    const statuses = [await status(token), await status(token), await status(await provider.token())];

    expect(statuses).toEqual([200, 200, 200]);
    expect(provider.keyFetches).toBe(1);
  });

  it('[56] cause one fetch in a cool-down, however many unknown keys they name', async () => {
    const [, payload, signature] = token.split('.');
    const naming = (kid: string) => {
      const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid })).toString('base64url');
      return `${header}.${payload}.${signature}`;
    };
    const flood = async (name: string) => {
      const statuses = new Set<number>();
      for (let sent = 0; sent < 1_000; sent += 50) {
        const burst = Array.from({ length: 50 }, (_, i) => status(naming(`${name}-${sent + i}`)));
        for (const each of await Promise.all(burst)) statuses.add(each);
      }
      return [...statuses];
    };

    clock.forward(31_000);
    const first = await flood('first');
    const afterFirst = provider.keyFetches;
    clock.forward(31_000);
    const second = await flood('second');

    expect([first, second]).toEqual([[401], [401]]);
    expect([afterFirst, provider.keyFetches]).toEqual([2, 3]);
    expect(await elsewhere(naming('third'))).toEqual([401, 401]);
    expect(provider.keyFetches).toBe(3);
    expect(await status(token)).toBe(200);
  }, 30_000);

  it('[58] are accepted by a new key at its first token, and no longer by one that was removed', async () => {
    await provider.stop();
    await provider.start([keys.second, keys.first]);
    clock.forward(31_000);
    const rotated = await provider.token();
    const both = [await status(rotated), await status(token)];

    await provider.stop();
    await provider.start([keys.second]);
    const before = provider.keyFetches;
    clock.forward(5 * MINUTE_MS);
    // Nobody waits for the refresh that is due, so the first request still finds the old keys.
    await status(token);
    await fetched(before + 1);

    expect(both).toEqual([200, 200]);
    await expect.poll(() => status(token), { interval: 20 }).toBe(401);
    expect(await elsewhere(token)).toEqual([401, 401]);
    expect(await status(rotated)).toBe(200);
    expect((await elsewhere(rotated))[0]).toBe(200);
  });

  it('[57] pass while the provider is gone, up to the stale limit, and again once it is back', async () => {
    const good = await provider.token();
    expect(await status(good)).toBe(200);

    await provider.stop();
    clock.forward(HOUR_MS - MINUTE_MS);
    const within = [await status(good), (await elsewhere(good))[0]];
    clock.forward(2 * MINUTE_MS);
    const beyond = await answerTo(good);
    const beyondElsewhere = await elsewhere(good);
    clock.forward(31_000);
    const later = await answerTo(good);
    await provider.start([keys.second]);
    const tooSoon = await status(good);
    clock.forward(31_000);
    const back = await status(good);

    expect(within).toEqual([200, 200]);
    expect(beyondElsewhere).toEqual([503, 503]);
    expect([beyond.status, later.status, tooSoon, back]).toEqual([503, 503, 503, 200]);
    expect(beyond.json()).toMatchObject({ code: 'identity-unavailable' });
    expect(Number(beyond.headers['retry-after'])).toBeGreaterThan(0);
    expect(await gateway.logged('jwt.keys-failing')).toMatchObject([
      { level: 'warn', reason: 'unreachable' },
    ]);
    expect(await gateway.logged('jwt.keys-recovered')).toHaveLength(1);
  });
});

describe.each(WAYS)('a gateway that starts before its identity provider, %s', (way) => {
  it('answers 503 until it is there, and then serves', async () => {
    const provider = new IdentityProvider();
    const clock = new MovedClock();
    const upstream = await FakeUpstream.start();
    const key = signingKey('first');
    await provider.start([key]);
    const token = await provider.token();
    const { issuer } = provider;
    await provider.stop();
    const gateway = await createTestGateway(
      Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(CLOCK)
        .useValue(clock),
      {
        environment: {
          JWT_SECRET: undefined,
          JWT_JWKS_URI: `${issuer}/jwks`,
          JWT_ISSUER: issuer,
          JWT_AUDIENCE: RESOURCE,
          UPSTREAM_URL: upstream.url,
          PORTCULLIS_COMPILE: way === 'interpreted' ? 'off' : 'auto',
        },
      },
    );
    const status = async () =>
      (await ask(`${gateway.url}/orders/1`, { headers: { Authorization: `Bearer ${token}` } })).status;

    const without = [await status(), await status()];
    await provider.start([key]);
    clock.forward(31_000);
    const withIt = await status();
    await provider.stop();
    await gateway.close();
    await upstream.close();

    expect(without).toEqual([503, 503]);
    expect(withIt).toBe(200);
  });
});
