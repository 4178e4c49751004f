import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';

let upstream: RecordingUpstream;
let kong: KongGateway;
let answer: Answer;

beforeAll(async () => {
  upstream = await RecordingUpstream.start();
  kong = await startKong(`
_format_version: "3.0"
services:
  - name: shop
    url: ${upstream.url}
    routes: [{name: open, paths: [/open]}]
    plugins: [{name: response-transformer, config: {add: {headers: ["x-service:1"]}}}]
plugins:
  - {name: key-auth}
  - {name: request-termination, config: {status_code: 418}}
  - {name: rate-limiting, config: {hour: 1, policy: local}}
  - {name: cors, config: {exposed_headers: [x-cid]}}
  - {name: correlation-id, config: {header_name: X-Cid, echo_downstream: true}}
  - {name: response-transformer, config: {add: {headers: ["x-everything:1"], json: ["more:1"]}}}
`);
  const headers = { Origin: 'https://shop.test', 'X-Cid': 'mine', 'X-Correlation-ID': 'order-17' };
  answer = await ask(`${kong.url}/nowhere`, { headers });
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
});

describe('a request that no route takes', () => {
  it.each<[section: string, what: string, told: (answer: Answer) => unknown, expected: unknown]>([
    ['§5', 'Kong’s own refusal, before any plugin could ask', ({ status }) => status, 404],
    ['§5', 'its id in answer and body', idsOf, [expect.stringMatching(/^[0-9a-f]{32}$/), 1]],
    ['§6 cors', 'who may read it', field('access-control-allow-origin'), '*'],
    ['§6 cors', 'what may be read of it', field('access-control-expose-headers'), 'x-cid'],
    ['§6 correlation-id', 'the id that was sent', field('x-cid'), 'mine'],
    ['§6 response-transformer', 'a field for everything', field('x-everything'), '1'],
    ['§6 response-transformer', 'no field for a service', field('x-service'), undefined],
    ['§6 response-transformer', 'JSON that was added', messageOf, 'no Route matched with those values 1'],
    ['§6 rate-limiting', 'nothing, for nobody counted it', field('ratelimit-limit'), undefined],
    ['§5', 'how long the gateway took', field('x-kong-response-latency'), expect.stringMatching(/^\d+$/)],
  ])('has from plugins of everything (%s): %s', (_section, _what, told, expected) => {
    expect(told(answer)).toEqual(expected);
  });
});

function field(name: string): (answer: Answer) => unknown {
  return ({ headers }) => headers[name];
}

/** The id, and how many there are. */
function idsOf(given: Answer): unknown {
  const ids = [given.headers['x-kong-request-id'], (given.json() as { request_id: string }).request_id];
  return [ids[0], new Set(ids).size];
}

function messageOf(given: Answer): string {
  const { message, more } = given.json() as { message: string; more: string };
  return `${message} ${more}`;
}
