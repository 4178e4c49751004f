import { Controller, Get, Module, Param, UseGuards } from '@nestjs/common';
import {
  AdmissionLimit,
  AdmissionLimitGuard,
  ConcurrencyLimit,
  ConcurrencyLimitGuard,
  GatewayModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, startGateway, WAYS } from '../support/gateway.harness.js';

const waiting = new Map<string, () => void>();

/** Ordinary controllers, whose limits stand behind guards. */
@Controller('desk')
@UseGuards(AdmissionLimitGuard, ConcurrencyLimitGuard)
class DeskController {
  @Get()
  @AdmissionLimit({ limit: 2, window: '1h' })
  // Twice, as where one stands globally.
  @UseGuards(AdmissionLimitGuard)
  desk() {
    return { ok: true };
  }

  @Get('slow/:name')
  @ConcurrencyLimit({ limit: 1, by: 'address' })
  async slow(@Param('name') name: string) {
    await new Promise<void>((resolve) => waiting.set(name, resolve));
    return { ok: true };
  }

  @Get('free')
  free() {
    return { ok: true };
  }
}

@Controller('bare')
@ConcurrencyLimit({ limit: 1 })
class BareController {
  @Get()
  bare() {
    return { ok: true };
  }
}

@Module({ imports: [GatewayModule.forRoot()], controllers: [DeskController] })
class AppModule {}

@Module({ imports: [GatewayModule.forRoot()], controllers: [BareController] })
class BareModule {}

describe.each(WAYS)('limits on ordinary controllers, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });
  const get = (path: string) => ask(fixture.running.url + path);

  /** Until the handler of that name runs. */
  async function entered(name: string): Promise<() => void> {
    for (;;) {
      const leave = waiting.get(name);
      waiting.delete(name);
      if (leave !== undefined) return leave;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('count once before anything else, and tell where the client stands', async () => {
    const answers = [await get('/desk'), await get('/desk'), await get('/desk')];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers['ratelimit'])).toEqual([
      '"admission";r=1;t=3600',
      '"admission";r=0;t=3600',
      '"admission";r=0;t=3600',
    ]);
    expect(answers[2]?.headers['retry-after']).toBe('3600');
    expect(answers[2]?.json()).toMatchObject({ code: 'rate-limited', policy: 'admission-limit' });
  });

  it('give a place for as long as the handler runs', async () => {
    const first = get('/desk/slow/first');
    const leave = await entered('first');
    const refused = await get('/desk/slow/second');
    leave();
    const answered = await first;
    const third = get('/desk/slow/third');
    (await entered('third'))();

    expect([answered.status, refused.status, (await third).status]).toEqual([200, 429, 200]);
    expect(answered.headers['ratelimit-policy']).toBe('"concurrency";q=1;qu="concurrent-requests"');
    expect(refused.headers).toMatchObject({ ratelimit: '"concurrency";r=0', 'retry-after': '1' });
    expect(refused.json()).toMatchObject({ code: 'rate-limited', policy: 'concurrency-limit' });
  });

  it('leave alone what declares none', async () => {
    const answer = await get('/desk/free');

    expect(answer.status).toBe(200);
    expect(answer.headers['ratelimit']).toBeUndefined();
  });

  it('do not start without their guard', async () => {
    await expect(startGateway(BareModule, { way })).rejects.toThrow(
      '@ConcurrencyLimit stands on an ordinary controller and nothing enforces it; add its guard',
    );
  });
});
