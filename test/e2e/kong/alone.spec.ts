import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';

let upstream: RecordingUpstream;
let kong: KongGateway;

beforeAll(async () => {
  upstream = await RecordingUpstream.start();
  kong = await startKong(`
_format_version: "3.0"
services:
  - name: users
    url: ${upstream.url}/base
    routes:
      - {name: users, paths: [/api/users], methods: [GET, POST]}
      - {name: kept, paths: [/kept], strip_path: false, preserve_host: true}
      - {name: by-id, paths: ['~/items/(?<id>[0-9]+)/(x|y)$']}
  - name: secured
    url: ${upstream.url}
    routes:
      - {name: https-only, paths: [/secure], protocols: [https]}
      - {name: moved, paths: [/moved], protocols: [https], https_redirect_status_code: 308}
  - name: keyed
    url: ${upstream.url}
    routes:
      - name: keyed
        paths: [/keyed]
        plugins:
          - {name: key-auth}
          - {name: cors}
      - {name: headed, paths: [/only], hosts: [a.test], headers: {x-kind: [one]}}
  - name: gone
    url: http://127.0.0.1:9
    retries: 0
    routes: [{name: gone, paths: [/gone]}]
routes:
  - {name: serviceless, paths: [/nobody]}
  - {name: stopped, paths: [/stopped], plugins: [{name: request-termination, config: {status_code: 503}}]}
consumers:
  - {username: ann, keyauth_credentials: [{key: secret-of-ann}]}
`);
});
beforeEach(() => {
  upstream.received.length = 0;
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
});

describe('a gateway of a Kong file alone', () => {
  it('forwards what a route takes, the matched prefix stripped and the service path in front (§4)', async () => {
    const answer = await ask(`${kong.url}/api/users/7?a=1`);

    expect(answer.status).toBe(200);
    expect(upstream.last.url).toBe('/base/7?a=1');
    expect(upstream.last.headers.host).toBe(`127.0.0.1:${upstream.port}`);
  });

  it('tells the upstream what Kong tells it, whatever the client claims (§5)', async () => {
    const headers = {
      'X-Real-IP': '9.9.9.9',
      'X-Forwarded-Path': '/forged',
      'X-Forwarded-Prefix': '/forged',
      'X-Kong-Request-Id': 'forged',
      'X-Consumer-Username': 'forged',
    };

    const answer = await ask(`${kong.url}/api/users/7?a=1`, { headers });

    const told = upstream.last.headers;
    expect(told['x-real-ip']).toBe('127.0.0.1');
    expect(told['x-forwarded-path']).toBe('/api/users/7');
    expect(told['x-forwarded-prefix']).toBe('/api/users');
    expect(told['x-kong-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(told['x-kong-request-id']).toBe(answer.headers['x-kong-request-id']);
    expect(told['x-consumer-username']).toBeUndefined();
    expect(told.via).toBe('1.1 portcullis');
  });

  it('tells the client how long upstream and gateway took (§5)', async () => {
    const { headers } = await ask(`${kong.url}/api/users`);

    expect(headers['x-kong-upstream-latency']).toMatch(/^\d+$/);
    expect(headers['x-kong-proxy-latency']).toMatch(/^\d+$/);
    expect(headers['x-kong-response-latency']).toBeUndefined();
    expect(headers.via).toBe('1.1 portcullis');
  });

  it('keeps path and host where the route says so (§2, §4)', async () => {
    await ask(`${kong.url}/kept/a`, { headers: { Host: 'shop.test:81' } });

    expect(upstream.last.url).toBe('/base/kept/a');
    expect(upstream.last.headers.host).toBe('shop.test:81');
    expect(upstream.last.headers['x-forwarded-prefix']).toBeUndefined();
  });

  it('matches by regex, and by host and headers together (§3)', async () => {
    expect((await ask(`${kong.url}/items/7/x`)).status).toBe(200);
    expect((await ask(`${kong.url}/items/7/z`)).status).toBe(404);
    expect((await ask(`${kong.url}/only`, { headers: { Host: 'a.test', 'X-Kind': 'one' } })).status).toBe(
      200,
    );
    expect((await ask(`${kong.url}/only`, { headers: { Host: 'a.test', 'X-Kind': 'two' } })).status).toBe(
      404,
    );
  });

  it('answers what no route takes as Kong does (§2, §5)', async () => {
    const answer = await ask(`${kong.url}/nowhere`);

    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.json()).toEqual({
      message: 'no Route matched with those values',
      request_id: answer.headers['x-kong-request-id'],
    });
    expect(answer.headers['x-kong-response-latency']).toMatch(/^\d+$/);
    expect((await ask(`${kong.url}/api/users`, { method: 'DELETE' })).status).toBe(404);
    expect((await ask(`${kong.url}/api/users`, { method: 'OPTIONS' })).status).toBe(404);
  });

  it('refuses a path that can be read in two ways, in the same words (§5)', async () => {
    const answer = await ask(`${kong.url}/api//users`);

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ message: 'Bad request' });
  });

  it('asks for https where the route takes nothing else (§2)', async () => {
    const answer = await ask(`${kong.url}/secure`);

    expect(answer.status).toBe(426);
    expect(answer.headers.upgrade).toBe('TLS/1.2, HTTP/1.1');
    expect(answer.headers.connection?.toLowerCase()).toContain('upgrade');
    expect(answer.json()).toMatchObject({ message: 'Please use HTTPS protocol' });
    const moved = await ask(`${kong.url}/moved/a?b=c`, { headers: { Host: 'shop.test' } });
    expect(moved.status).toBe(308);
    expect(moved.headers.location).toBe('https://shop.test/moved/a?b=c');
    expect(upstream.received).toEqual([]);
  });

  it('refuses and admits by a plugin, and tells the upstream who calls (§6 key-auth)', async () => {
    const refused = await ask(`${kong.url}/keyed`);

    expect(refused.status).toBe(401);
    expect(refused.json()).toMatchObject({ message: 'No API key found in request' });
    expect(refused.headers['x-kong-response-latency']).toMatch(/^\d+$/);
    expect((await ask(`${kong.url}/keyed`, { headers: { apikey: 'secret-of-ann' } })).status).toBe(200);
    expect(upstream.last.headers['x-consumer-username']).toBe('ann');
  });

  it('gives refusals what plugins put on answers (§2)', async () => {
    const refused = await ask(`${kong.url}/keyed`, { headers: { Origin: 'https://page.test' } });

    expect(refused.status).toBe(401);
    expect(refused.headers['access-control-allow-origin']).toBe('*');
  });

  it('answers by itself where a plugin does, or where there is no service (§2, §6 request-termination)', async () => {
    const stopped = await ask(`${kong.url}/stopped`);
    const nobody = await ask(`${kong.url}/nobody`);

    expect(stopped.status).toBe(503);
    expect(stopped.json()).toEqual({ message: 'Service unavailable' });
    expect(nobody.status).toBe(503);
  });

  it.each([
    ['application/json', 'application/json; charset=utf-8', /^\{\n {2}"message":"An invalid response/],
    [
      'text/html',
      'text/html; charset=utf-8',
      /<p>An invalid response was received from the upstream server\.<\/p>/,
    ],
    ['application/xml', 'application/xml; charset=utf-8', /<message>An invalid response/],
    ['text/plain', 'text/plain; charset=utf-8', /^An invalid response .*\nrequest_id: [0-9a-f]{32}\n$/],
  ])('says in %s that the upstream cannot be reached (§5)', async (accept, type, text) => {
    const answer = await ask(`${kong.url}/gone`, { headers: { Accept: accept } });

    expect(answer.status).toBe(502);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.text).toMatch(text);
    expect(answer.text).not.toContain('127.0.0.1');
  });

  it('records each exchange once, under its route', async () => {
    await ask(`${kong.url}/api/users/1`);

    await vi.waitFor(() => {
      const lines = kong.lines().filter(({ path }) => path === '/api/users/1');
      expect(lines).toMatchObject([{ event: 'request', route: 'users', upstream: 'users', status: 200 }]);
    });
  });

  it('keeps health to itself', async () => {
    expect((await ask(`${kong.url}/health`)).json()).toEqual({ status: 'up' });
  });
});
