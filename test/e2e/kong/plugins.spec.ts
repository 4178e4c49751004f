import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';

let upstream: RecordingUpstream;
let kong: KongGateway;
let folder: string;
let log: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kong-log-'));
  log = join(folder, 'requests.log');
  upstream = await RecordingUpstream.start();
  kong = await startKong(`
_format_version: "3.0"
services:
  - name: shop
    url: ${upstream.url}
    routes:
      - name: open
        paths: [/open]
        plugins:
          - {name: request-size-limiting, config: {allowed_payload_size: 10, size_unit: bytes}}
      - name: keyed
        paths: [/keyed]
        plugins:
          - {name: key-auth, config: {hide_credentials: true}}
          - {name: rate-limiting, config: {hour: 1, policy: local}}
          - {name: response-transformer, config: {add: {headers: ["x-shaped:yes"], json: ["shaped:yes"]}}}
          - {name: file-log, config: {path: ${log}}}
          - {name: prometheus, config: {status_code_metrics: true}}
consumers:
  - username: ann
    keyauth_credentials: [{key: key-of-ann}]
    plugins:
      - {name: rate-limiting, config: {hour: 100, policy: local}}
  - username: bob
    keyauth_credentials: [{key: key-of-bob}]
`);
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

const keyed = (key?: string) =>
  ask(`${kong.url}/keyed`, { headers: key === undefined ? {} : { apikey: key } });

describe('plugins of a Kong file together', () => {
  it('refuse a body in Kong’s words, without the gateway’s own limit in between (§6 request-size-limiting)', async () => {
    const answer = await ask(`${kong.url}/open`, { method: 'POST', body: 'x'.repeat(11) });

    expect(answer.status).toBe(413);
    expect(answer.json()).toMatchObject({ message: 'Request size limit exceeded' });
  });

  it('shape refusals as they shape answers (§2 consequences)', async () => {
    const refused = await keyed();

    expect(refused.status).toBe(401);
    expect(refused.headers['x-shaped']).toBe('yes');
    expect(refused.json()).toMatchObject({ message: 'No API key found in request', shaped: 'yes' });
    expect(refused.headers['content-length']).toBe(String(refused.body.length));
  });

  it('count each caller by what is meant for him: a consumer’s own goes before the route’s (§2 precedence)', async () => {
    const bob = [await keyed('key-of-bob'), await keyed('key-of-bob')];
    const ann = [await keyed('key-of-ann'), await keyed('key-of-ann'), await keyed('key-of-ann')];

    expect(bob.map(({ status }) => status)).toEqual([200, 429]);
    expect(bob[1]?.json()).toMatchObject({ message: 'API rate limit exceeded' });
    expect(ann.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('log every exchange once, refused ones too, and no key (§2 consequences)', async () => {
    await vi.waitFor(async () => {
      const lines = (await readFile(log, 'utf8')).trim().split('\n');
      expect(lines).toHaveLength(6);
      const records = lines.map((line) => JSON.parse(line) as { response: { status: number } });
      expect(records.map(({ response }) => response.status)).toContain(401);
    });
    const text = await readFile(log, 'utf8');

    expect(text).not.toMatch(/key-of-/);
    expect(text).toContain('"name":"keyed"');
  });

  it('measure under Kong’s names (§6 prometheus)', async () => {
    const { text } = await ask(`${kong.adminUrl}/metrics`);

    expect(text).toMatch(/kong_http_requests_total\{[^}]*route="keyed"[^}]*\} \d+/);
  });

  it('are listed with each route in the order they run', async () => {
    const views = (await ask(`${kong.adminUrl}/routes`)).json() as { route: string; policies: string[] }[];

    expect(views.find(({ route }) => route === 'keyed')?.policies).toEqual([
      expect.stringContaining('body-limit'),
      'key-auth of the route',
      'rate-limiting of the route, 1 consumer has its own',
      'response-transformer of the route',
      'prometheus of the route',
      'file-log of the route',
    ]);
  });
});
