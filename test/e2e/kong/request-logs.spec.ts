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
      - {name: open, paths: [/open]}
      - {name: keyed, paths: [/keyed], plugins: [{name: key-auth, config: {key_names: [my_key], key_in_query: false}}]}
plugins:
  - {name: file-log, config: {path: ${log}}}
consumers:
  - {username: ann, keyauth_credentials: [{key: key-of-ann}]}
`);
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

interface Written {
  readonly request: { readonly id: string; readonly uri: string };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  readonly route?: object;
  readonly service?: object;
}

/** The records of the requests for a path, when there are any. */
function recordsOf(uri: string): Promise<readonly Written[]> {
  return vi.waitFor(async () => {
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Written);
    const found = records.filter(({ request }) => request.uri.startsWith(uri));
    expect(found.length).toBeGreaterThan(0);
    return found;
  });
}

describe('the records of requests to a Kong file', () => {
  it.each<[section: string, where: string, path: string, headers: Record<string, string>, status: number]>([
    ['§6 key-auth', 'the header of that name', '/keyed/1', { my_key: 'key-of-ann' }, 200],
    [
      '§6 key-auth',
      'the header with a dash, which is found too',
      '/keyed/2',
      { 'my-key': 'key-of-ann' },
      200,
    ],
    ['§6 key-auth', 'the query, though it is not looked for there', '/keyed/3?my_key=key-of-ann', {}, 401],
  ])('hold no key that comes in %s: %s', async (_section, _where, path, headers, status) => {
    const answer = await ask(`${kong.url}${path}`, { headers });
    await recordsOf(path.slice(0, 8));

    expect(answer.status).toBe(status);
    expect(await readFile(log, 'utf8')).not.toContain('key-of-ann');
  });

  it('name the request as the client, the upstream and the body of an error do (§6 log record)', async () => {
    const served = await ask(`${kong.url}/open/named`);
    const refused = await ask(`${kong.url}/keyed/named`, { headers: { 'X-Correlation-ID': 'order-17' } });

    const [ofServed] = await recordsOf('/open/named');
    const [ofRefused] = await recordsOf('/keyed/named');

    expect(ofServed?.request.id).toBe(served.headers['x-kong-request-id']);
    expect(upstream.last.headers['x-kong-request-id']).toBe(ofServed?.request.id);
    expect(ofRefused?.request.id).toBe(refused.headers['x-kong-request-id']);
    expect(refused.json()).toMatchObject({ request_id: ofRefused?.request.id });
  });

  it('are made by a plugin of everything where no route takes the request (§6 log record)', async () => {
    const answer = await ask(`${kong.url}/nowhere?my_key=key-of-ann`, {
      headers: { 'my-key': 'key-of-ann' },
    });
    const records = await recordsOf('/nowhere');

    expect(answer.status).toBe(404);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ response: { status: 404 }, upstream_uri: '', source: 'kong' });
    expect(records[0]).not.toHaveProperty('route');
    expect(records[0]).not.toHaveProperty('service');
    expect(records[0]?.request.id).toBe(answer.headers['x-kong-request-id']);
    expect(await readFile(log, 'utf8')).not.toContain('key-of-ann');
  });

  it('hold the fields that Kong puts on answers (§5)', async () => {
    const answer = await ask(`${kong.url}/open/fields`);
    const [record] = await recordsOf('/open/fields');

    const told = ['x-kong-upstream-latency', 'x-kong-proxy-latency', 'x-kong-request-id', 'via'];
    for (const name of told) expect(record?.response.headers[name]).toBe(answer.headers[name]);
    expect(told.every((name) => answer.headers[name] !== undefined)).toBe(true);
  });
});
