import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ByteClient } from '../../support/byte.client.js';
import { ask } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { sendRaw } from '../../support/raw.client.js';
import { WireUpstream } from '../../support/wire.upstream.js';

let upstream: WireUpstream;
let kong: KongGateway;
let behind: KongGateway;

const file = (url: string): string => `
_format_version: "3.0"
services:
  - name: users
    url: ${url}
    routes:
      - {name: users, paths: [/api]}
      - {name: https-only, paths: [/secure], protocols: [https]}
      - {name: moved, paths: [/moved], protocols: [https], https_redirect_status_code: 301}
      - {name: ported, hosts: ['shop.test:8443'], paths: [/ported]}
  - name: lost
    url: http://no-such-host.invalid
    retries: 0
    routes: [{name: lost, paths: [/lost]}]
`;

beforeAll(async () => {
  upstream = await WireUpstream.start();
  kong = await startKong(file(upstream.url));
  behind = await startKong(file(upstream.url), { environment: { TRUSTED_PROXIES: '127.0.0.1' } });
});
beforeEach(() => upstream.forget());
afterAll(async () => {
  await kong.close();
  await behind.close();
  await upstream.close();
});

/** What the upstream was told, name by name in lower case. */
const told = (): ReadonlyMap<string, string> =>
  new Map(upstream.requests.at(-1)?.fields.map(([name, value]) => [name.toLowerCase(), value]));

describe('what a client may not say for Kong (§5)', () => {
  it.each([
    'X-Kong-Request-Id',
    'X_Kong_Request_Id',
    'X-Kong_Request-Id',
    'X-Kong-Proxy-Latency',
    'X_Kong_Upstream_Latency',
    'X-Real_IP',
    'X_Forwarded_Path',
    'X_Forwarded_Prefix',
    'X_Consumer_Username',
  ])('forwards no %s of a client', async (name) => {
    await ask(`${kong.url}/api/x`, { headers: { [name]: 'forged' } });

    expect(upstream.requests).toHaveLength(1);
    expect([...told().values()]).not.toContain('forged');
  });

  it('forwards none of them as trailers either', async () => {
    const answer = await sendRaw(
      kong.port,
      'POST /api HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n' +
        'X-Kong-Request-Id: forged\r\nX_Kong_Request_Id: forged\r\nX-Checksum: kept\r\n\r\n',
    );

    expect(answer.status).toBe(200);
    expect(upstream.bytes.join('')).not.toContain('forged');
    expect(upstream.bytes.join('')).toContain('X-Checksum: kept');
  });

  it('lets no upstream put them into a trailer of its answer', async () => {
    upstream.respond = () =>
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Checksum: kept\r\nX-Kong-Request-Id: forged\r\n\r\n';

    const client = new ByteClient(kong.port).send(
      'GET /api HTTP/1.1\r\nHost: gateway\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n',
    );
    const answer = await client.end();
    client.close();

    expect(answer).toContain('X-Checksum: kept');
    expect(answer).not.toContain('forged');
  });
});

describe('the way to https (§2)', () => {
  it.each([
    ['shop.test', 'https://shop.test/moved/a?b=c'],
    ['shop.test:8000', 'https://shop.test/moved/a?b=c'],
    ['[::1]:8000', 'https://[::1]/moved/a?b=c'],
  ])('leaves out the port of http, where nobody speaks TLS: Host %s', async (host, location) => {
    const answer = await ask(`${kong.url}/moved/a?b=c`, { headers: { Host: host } });

    expect(answer.status).toBe(301);
    expect(answer.headers.location).toBe(location);
  });

  it('sends nobody to a host without a name', async () => {
    const answer = await sendRaw(kong.port, 'GET /moved/a HTTP/1.0\r\n\r\n');

    expect(answer.status).toBe(426);
    expect(answer.values('location')).toEqual([]);
  });

  it('believes nobody but a trusted proxy that the client came by https', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' };

    const untrusted = await ask(`${kong.url}/secure`, { headers });
    const nothing = upstream.requests.length;
    const trusted = await ask(`${behind.url}/secure`, { headers });

    expect([untrusted.status, nothing, trusted.status]).toEqual([426, 0, 200]);
    expect(told().get('x-forwarded-proto')).toBe('https');
    expect(told().get('x-real-ip')).toBe('203.0.113.9');
  });

  it('asks a client of a trusted proxy for https under the host that the client asked', async () => {
    const answer = await ask(`${behind.url}/moved`, {
      headers: {
        Host: 'inside.test',
        'X-Forwarded-For': '203.0.113.9',
        'X-Forwarded-Proto': 'http',
        'X-Forwarded-Host': 'shop.test:8000',
      },
    });

    expect(answer.status).toBe(301);
    expect(answer.headers.location).toBe('https://shop.test/moved');
  });
});

describe('services that cannot be called (§5)', () => {
  it('answers 503 where the name of a service has no address, and names nothing', async () => {
    const answer = await ask(`${kong.url}/lost`);

    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ message: 'name resolution failed' });
    expect(answer.text).not.toContain('no-such-host');
  });
});
