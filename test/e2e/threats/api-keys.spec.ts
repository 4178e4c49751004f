import { type ClientHttp2Session, connect } from 'node:http2';
import { Get, Module } from '@nestjs/common';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  Authenticate,
  apiKey,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOfApiKey, newApiKey } from '../../../src/contracts/api-key-text.js';
import { NO_TELEMETRY } from '../../../src/observability/telemetry.js';
import {
  type Answer,
  ask,
  type RunningGateway,
  startGateway,
  WAYS,
  type Way,
} from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { RawClient, sendRaw } from '../../support/raw.client.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { SecretVolume } from '../../support/secret.volume.js';

const SERVICE = defineUpstream('key-service', { targets: env('UPSTREAM_URL'), breaker: false });
const EVERYWHERE = apiKey({ in: [{ header: 'X-API-Key' }, { query: 'api_key' }, { cookie: 'key' }] });

@ProxyController(SERVICE, 'keys')
@Authenticate(EVERYWHERE)
class KeysController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('any')
  @WebSocket()
  any(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  /** A careless handler: what it throws holds all there is. */
  @Get('broken')
  broken(@Forward() call: ForwardCall): never {
    throw new Error(`broken: ${call.exchange.query} ${call.clientHeaders.join()}`);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
  controllers: [KeysController],
})
class AppModule {}

const upgradeOf = (path: string, field: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: gw\r\n${field}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** A consumers file in which these keys are good. */
const fileOf = (...keys: readonly string[]): string =>
  JSON.stringify({
    consumers: [
      {
        id: 'acme',
        apiKeys: keys.map((key, at) => ({ id: `k${at}`, digest: `sha256:${digestOfApiKey(key)}` })),
      },
    ],
  });

describe.each(WAYS)('API keys, %s,', (way) => {
  const first = newApiKey();
  const second = newApiKey();
  const volume = new SecretVolume({ consumers: fileOf(first) });
  let upstream: RecordingUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await RecordingUpstream.start();
    running = await startGateway(AppModule, {
      way,
      environment: { UPSTREAM_URL: upstream.url, CONSUMERS_FILE: volume.path('consumers') },
    });
  });

  beforeEach(() => {
    upstream.received.length = 0;
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
    volume.remove();
  });

  const status = async (key: string): Promise<number> =>
    (await ask(`${running.url}/keys/any`, { headers: { 'X-API-Key': key } })).status;

  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s,', (protocol) => {
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(running.url).setMaxListeners(0);
    });
    afterAll(() => session?.close());

    const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
      session === undefined ? ask(running.url + path, { headers }) : askOn(session, path, { headers });

    it.each<[string, string, Readonly<Record<string, string>>]>([
      ['the header', '/keys/any?a=1', { 'X-API-Key': first }],
      ['the query', `/keys/any?a=1&api_key=${first}`, {}],
      ['a cookie', '/keys/any?a=1', { Cookie: `x=1; key=${first}` }],
    ])('[63] never go on to the upstream from %s', async (_, path, headers) => {
      const answer = await get(path, headers);

      expect(answer.status).toBe(200);
      expect(upstream.last.url).toBe('/keys/any?a=1');
      expect(JSON.stringify(upstream.last)).not.toContain(first);
    });

    it.each([
      '__proto__',
      'toString',
      'constructor',
      'hasOwnProperty',
      'undefined',
      'null',
      '0',
      '[object Object]',
    ])('[65] called %s are none', async (key) => {
      const places = await Promise.all([
        get('/keys/any', { 'X-API-Key': key }),
        get(`/keys/any?api_key=${encodeURIComponent(key)}`),
        get('/keys/any', { Cookie: `key=${key}` }),
      ]);

      expect(places.map((answer) => answer.status)).toEqual([401, 401, 401]);
      for (const answer of places) expect(answer.headers['www-authenticate']).toContain('ApiKey in="header"');
      expect(upstream.received).toHaveLength(0);
    });
  });

  it.each([
    ['the header', '/keys/any', `X-API-Key: ${first}`],
    ['the query', `/keys/any?api_key=${first}`, 'X-Other: 1'],
    ['a cookie', '/keys/any', `Cookie: key=${first}`],
  ])('[63] never go on to the upstream with an upgrade, from %s', async (_, path, field) => {
    await sendRaw(running.port, upgradeOf(path, field));

    expect(upstream.last.headers.upgrade).toBe('websocket');
    expect(JSON.stringify(upstream.last)).not.toContain(first);
  });

  it('[65] called __proto__, and none at all, open no WebSocket', async () => {
    const named = await sendRaw(running.port, upgradeOf('/keys/any', 'X-API-Key: __proto__'));
    const without = await sendRaw(running.port, upgradeOf('/keys/any', 'X-Other: 1'));

    expect([named.status, without.status]).toEqual([401, 401]);
    expect(upstream.received).toHaveLength(0);
  });

  it('[65] that are empty, too long for a key or too long for a request are none', async () => {
    const send = async (field: string): Promise<number> =>
      (await sendRaw(running.port, `GET /keys/any HTTP/1.1\r\nHost: gw\r\n${field}\r\n\r\n`)).status;

    expect(await send('X-API-Key:')).toBe(401);
    expect(await send('X-API-Key:   ')).toBe(401);
    expect(await send('Cookie: key=')).toBe(401);
    expect(await send(`X-API-Key: ${'k'.repeat(257)}`)).toBe(401);
    expect(await send(`X-API-Key: ${'k'.repeat(15_000)}`)).toBe(401);
    expect(await send(`X-API-Key: ${'k'.repeat(1_048_576)}`)).toBe(431);
    expect((await ask(`${running.url}/keys/any?api_key`)).status).toBe(401);
    expect((await ask(`${running.url}/keys/any?api_key=%00%FF${'k'.repeat(100)}`)).status).toBe(401);
    expect(upstream.received).toHaveLength(0);
  });

  it('[64] overlap while they are rotated, and one that is gone is refused within two seconds, also on a connection that just used it', async () => {
    const client = new RawClient(running.port);
    const onConnection = async (): Promise<number> => {
      client.send(`GET /keys/any HTTP/1.1\r\nHost: gw\r\nX-API-Key: ${first}\r\n\r\n`);
      return (await client.answer()).status;
    };
    const before = [await onConnection(), await status(second)];

    volume.swap({ consumers: fileOf(first, second) });
    await running.logged('consumers.reloaded', 1);
    const both = [await onConnection(), await status(second)];
    volume.swap({ consumers: fileOf(second) });
    const swappedAt = performance.now();
    await running.logged('consumers.reloaded', 2);
    const ms = performance.now() - swappedAt;
    const after = [await onConnection(), await status(first), await status(second)];

    expect([before, both, after]).toEqual([
      [200, 401],
      [200, 200],
      [401, 401, 200],
    ]);
    expect(ms).toBeLessThan(2_000);
    client.close();
  });

  it('[62, 64] stay as they were when their file turns bad, and nothing of it is told', async () => {
    const canary = newApiKey();
    volume.swap({
      consumers: `{"consumers":[{"id":"${canary}","apiKeys":[{"id":"${canary}","digest":"${canary}"}]}]}`,
    });
    const [event] = await running.logged('consumers.refused', 1);
    const meanwhile = await status(second);

    expect(meanwhile).toBe(200);
    expect(event).toMatchObject({
      level: 'error',
      variable: 'CONSUMERS_FILE',
      reasons: [expect.stringContaining('consumers[0].apiKeys[0].digest must be `sha256:`')],
    });
    expect(JSON.stringify(running.lines())).not.toContain(canary);

    volume.swap({ consumers: fileOf(second) });
    await running.logged('consumers.reloaded', 3);
    expect(await status(second)).toBe(200);
  });
});

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const CASES = WAYS.flatMap((way) => LEVELS.map((level): [Way, (typeof LEVELS)[number]] => [way, level]));

describe('a key', () => {
  it.each(CASES)(
    '[62] stands in no log, metric, trace, error or admin answer, %s, at the level %s',
    async (way, level) => {
      const good = newApiKey();
      const bad = newApiKey();
      const exporter = new InMemorySpanExporter();
      const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
      const upstream = await RecordingUpstream.start();
      const running = await startGateway(AppModule, {
        way,
        telemetry: { ...NO_TELEMETRY, tracerProvider },
        environment: {
          UPSTREAM_URL: upstream.url,
          LOG_LEVEL: level,
          API_KEYS: `acme:sha256:${digestOfApiKey(good)}`,
        },
      });
      const answers: Answer[] = [];
      const request = async (path: string, headers: Record<string, string> = {}): Promise<void> =>
        void answers.push(await ask(running.url + path, { headers }));

      for (const key of [good, bad]) {
        for (const path of ['/keys/any', '/keys/broken', '/keys/nothing']) {
          await request(path, { 'X-API-Key': key });
          await request(`${path}?api_key=${key}`);
          await request(path, { Cookie: `key=${key}` });
          await request(`${path}?api_key=${key}`, { 'X-API-Key': key });
        }
      }
      await upstream.close();
      await request(`/keys/any?api_key=${good}`);
      const admin = await Promise.all(
        ['/metrics', '/health', '/routes', '/upstreams'].map((path) => ask(running.adminUrl + path)),
      );
      await running.accessLines(answers.length);
      const spans = exporter
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
      const seen = JSON.stringify([
        running.lines(),
        spans,
        [...answers, ...admin].map(({ text, rawHeaders }) => [text, rawHeaders]),
      ]);
      await running.close();

      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 401, 404, 500, 502]));
      expect(spans.length).toBeGreaterThanOrEqual(answers.length);
      for (const key of [good, bad]) {
        expect(seen).not.toContain(key);
        expect(seen).not.toContain(key.slice(3, 20));
        expect(seen).not.toContain(digestOfApiKey(key));
      }
    },
  );
});
