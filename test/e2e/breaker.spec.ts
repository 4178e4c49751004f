import { All, Get, Module } from '@nestjs/common';
import {
  type Breaker,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectBreaker,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.js';
import { type Answer, ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RawClient } from '../support/raw.client.js';
import { RecordingUpstream, type Respond } from '../support/recording.upstream.js';

const RESET_MS = 300;
const FRAGILE = defineUpstream('fragile-service', {
  targets: env('UPSTREAM_URL'),
  breaker: { errorPercent: 50, volume: 4, windowMs: 60_000, resetMs: RESET_MS },
});

@ProxyController(FRAGILE, 'fragile')
@Public()
class FragileController {
  constructor(
    @InjectUpstream(FRAGILE) private readonly fragile: UpstreamClient,
    @InjectBreaker(FRAGILE) private readonly breaker: Breaker,
  ) {}

  @Get('state')
  state() {
    return { state: this.breaker.state };
  }

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.fragile.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(FRAGILE)],
  controllers: [FragileController],
})
class AppModule {}

const answering =
  (status: number): Respond =>
  (_req, res) =>
    res.writeHead(status, { 'Content-Length': '2' }).end('ok');

/** The value of a metric for the fragile service; `undefined` when it is not told. */
function metric(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && one.includes('fragile-service'));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}

describe.each(WAYS)('the circuit breaker, %s', (way) => {
  let upstream: RecordingUpstream;
  let running: RunningGateway;

  beforeEach(async () => {
    upstream = await RecordingUpstream.start();
    running = await startGateway(AppModule, { way, environment: { UPSTREAM_URL: upstream.url } });
  });

  afterEach(async () => {
    await running.close();
    await upstream.close();
  });

  async function times(count: number, path = '/fragile/a'): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (let i = 0; i < count; i++) statuses.push((await ask(running.url + path)).status);
    return statuses;
  }

  const state = async (): Promise<unknown> => (await ask(`${running.url}/fragile/state`)).json();

  it('opens at half of the calls failing, not before', async () => {
    upstream.respond = answering(200);
    await times(2);
    upstream.respond = answering(503);
    const failing = await times(1);
    const before = await state();
    const last = await times(1);
    const after = await state();

    expect([...failing, ...last]).toEqual([503, 503]);
    expect(before).toEqual({ state: 'closed' });
    expect(after).toEqual({ state: 'open' });
  });

  it('answers 503 with Retry-After and the name while open, and spares the upstream', async () => {
    upstream.respond = answering(500);
    await times(4);

    const answer: Answer = await ask(`${running.url}/fragile/a`);

    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({ code: 'breaker-open', upstream: 'fragile-service' });
    expect(answer.text).not.toContain(String(upstream.port));
    expect(upstream.received).toHaveLength(4);
  });

  it('lets one trial through after the reset time and closes when it succeeds', async () => {
    upstream.respond = answering(500);
    await times(4);
    upstream.respond = answering(200);

    await expect.poll(async () => (await times(1))[0], { timeout: 5_000, interval: 25 }).toBe(200);
    const after = await times(3);

    expect(after).toEqual([200, 200, 200]);
    expect(await state()).toEqual({ state: 'closed' });
  });

  it('lets exactly one request be the trial, and opens again when it fails', async () => {
    const trial = new Gate<() => void>();
    upstream.respond = answering(500);
    await times(4);
    upstream.respond = (req, res) => trial.open(() => answering(500)(req, res));

    // Whoever comes first after the reset time is the trial; it waits for the test to answer.
    const asked: Promise<Answer>[] = [];
    await expect
      .poll(
        () => {
          asked.push(ask(`${running.url}/fragile/a`));
          return upstream.received.length;
        },
        { timeout: 5_000, interval: 25 },
      )
      .toBe(5);
    const beside = await ask(`${running.url}/fragile/a`);
    (await trial.opened)();
    const answers = await Promise.all(asked);

    expect(beside.status).toBe(503);
    expect(upstream.received).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 500)).toHaveLength(1);
    expect(await state()).toEqual({ state: 'open' });
  });

  it('counts neither the answers 4xx nor clients that leave', async () => {
    upstream.respond = answering(404);
    await times(6);
    upstream.respond = () => {};
    for (let i = 1; i <= 4; i++) {
      const client = new RawClient(running.port).send('GET /fragile/left HTTP/1.1\r\nHost: gateway\r\n\r\n');
      await expect.poll(() => upstream.received.length).toBe(6 + i);
      client.reset();
    }
    await running.accessLines(10);

    expect(await state()).toEqual({ state: 'closed' });
  });

  it('tells state, openings, refusals and failures as metrics on the admin port', async () => {
    upstream.respond = answering(500);
    await times(6);

    const { text } = await ask(`${running.adminUrl}/metrics`);

    expect(metric(text, 'portcullis_breaker_state')).toBe(2);
    expect(metric(text, 'portcullis_breaker_opens_total')).toBe(1);
    expect(metric(text, 'portcullis_breaker_rejected_total')).toBe(2);
    expect(metric(text, 'portcullis_breaker_failures_total')).toBe(4);
  });
});
