import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  - name: shop
    url: ${upstream.url}
    routes:
      - {name: open, paths: [/open]}
      - {name: keyed, paths: [/keyed], plugins: [{name: key-auth}]}
plugins:
  - {name: cors, config: {origins: ["https://shop.test"], exposed_headers: [x-cid]}}
  - {name: rate-limiting, config: {minute: 100, hour: 1000, policy: local}}
  - {name: correlation-id, config: {header_name: X-Cid, echo_downstream: true}}
  - name: response-transformer
    config:
      remove: {headers: [access-control-expose-headers, x-ratelimit-remaining-hour]}
      rename: {headers: ["x-cid:x-trace"]}
      replace: {headers: ["x-ratelimit-limit-minute:many"]}
      add: {headers: ["access-control-allow-origin:never", "x-own:1"], json: ["more:1"]}
`);
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
});

type Fields = Readonly<Record<string, string | undefined>>;

const SHAPED: Fields = {
  'access-control-allow-origin': 'https://shop.test',
  'access-control-expose-headers': undefined,
  'x-cid': undefined,
  'x-trace': 'mine',
  'x-own': '1',
};
const SHAPED_LIMIT: Fields = {
  'x-ratelimit-limit-minute': 'many',
  'x-ratelimit-limit-hour': '1000',
  'x-ratelimit-remaining-hour': undefined,
};
/** The answer that was shaped never came; this one was made in its place. */
const UNSHAPED: Fields = {
  'access-control-allow-origin': 'https://shop.test',
  'access-control-expose-headers': 'x-cid',
  'x-cid': 'mine',
  'x-trace': undefined,
  'x-own': undefined,
  'x-ratelimit-limit-minute': '100',
  'x-ratelimit-limit-hour': '1000',
};

describe('fields that plugins write on answers', () => {
  it.each<[section: string, what: string, path: string, status: number, fields: Fields]>([
    ['§2 order', 'of an upstream', '/open/1', 200, { ...SHAPED, ...SHAPED_LIMIT }],
    ['§2 order', 'of a plugin that refuses', '/keyed', 401, SHAPED],
    ['§2 order', 'that no route gives', '/nowhere', 404, SHAPED],
    ['§2 order', 'in place of one that broke off', '/open/broken', 502, UNSHAPED],
  ])(
    'can be changed by the plugins behind them (%s): an answer %s',
    async (_section, _what, path, status, fields) => {
      upstream.respond = (req, res) => {
        res.setHeader('Content-Type', 'application/json');
        if (req.url?.endsWith('broken') !== true) return void res.end('{"a":1}');
        res.setHeader('Content-Length', '100');
        res.write('{"a":');
        setImmediate(() => res.destroy());
      };

      const answer = await ask(`${kong.url}${path}`, {
        headers: { Origin: 'https://shop.test', 'X-Cid': 'mine' },
      });

      expect(answer.status).toBe(status);
      expect(Object.fromEntries(Object.keys(fields).map((name) => [name, answer.headers[name]]))).toEqual(
        fields,
      );
    },
  );
});
