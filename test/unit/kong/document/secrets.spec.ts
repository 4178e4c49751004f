import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readBody, told } from './reading.js';

const SECRET = 'hunter2-S3cr3t';

describe('a secret in a file', () => {
  it.each([
    ['consumers: [{username: a, keyauth_credentials: [{key: [S]}]}]'],
    ['consumers: [{username: a, keyauth_credentials: [{key: S}, {key: S}]}]'],
    ['consumers: [{username: a, keyauth_credentials: [{key: S, ttl: x}]}]'],
    ['consumers: [{username: a, keyauth_credentials: S}]'],
    ['consumers: [{username: a, basicauth_credentials: [{username: u, password: {a: S}}]}]'],
    ['_transform: false\nconsumers: [{username: a, basicauth_credentials: [{username: u, password: S}]}]'],
    ['consumers: [{username: a, jwt_secrets: [{secret: S}]}]'],
    ['consumers: [{username: a, jwt_secrets: [{key: k, algorithm: RS256, rsa_public_key: S}]}]'],
    ['services: [{url: "http://u:S@h"}]'],
    ['services: [{url: "S://h"}]'],
    ['plugins: [{name: http-log, config: {http_endpoint: "ftp://u:S@h"}}]'],
    ['plugins: [{name: http-log, config: {http_endpoint: "http://u:S@h", headers: {Authorization: S}}}]'],
    ['plugins: [{name: http-log, config: {http_endpoint: "http://h", headers: {"a b": S, Host: S}}}]'],
    ['plugins: [{name: http-log, config: {http_endpoint: "http://h", headers: {A: [S]}}}]'],
    ['plugins: [{name: rate-limiting, config: {minute: 1, policy: redis, redis: {password: [S]}}}]'],
    [
      'plugins: [{name: rate-limiting, config: {minute: 1, policy: redis, redis: {password: S, username: 1}}}]',
    ],
    ['plugins: [{name: request-transformer, config: {add: {headers: ["S"]}}}]'],
    ['plugins: [{name: request-transformer, config: {add: {headers: ["A b:S"]}}}]'],
    ['plugins: [{name: request-transformer, config: {remove: {headers: ["A: S"]}}}]'],
    [`plugins: [{name: request-transformer, config: {add: {headers: ["A:$('S' .. x)"]}}}]`],
    ['plugins: [{name: basic-auth, config: {realm: "{vault://hcv/S}"}}]'],
    ['certificates: [{key: S}]'],
    ['_comment: "S'],
    ['consumers: [{username: a, keyauth_credentials: [{key: "S" "S"}]}]'],
    ['a: S: S'],
    ['a: *S b'],
    ['} S'],
  ])('is in no message: %s', (body) => {
    const reading = readBody(body.replaceAll(/(?<![A-Z])S(?![A-Z])/g, SECRET));

    expect(reading.problems.length).toBeGreaterThan(0);
    // The name of an alias is no value; all else of it is.
    expect(
      told([...reading.problems, ...reading.warnings]).replace(`*${SECRET} names no anchor; &${SECRET}`, ''),
    ).not.toContain(SECRET);
  });

  it.each(['host', 'port', 'name', 'retries', 'protocol'])(
    'that comes out of the environment is in no message, whatever field it lands in: %s',
    (field) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: decK writes it so
      const body = `services: [{name: a, ${field}: '${'${{ env "DECK_S" }}'}/'}]`.replace(
        'name: a, name',
        'name',
      );
      const { problems } = readBody(body, { environment: { DECK_S: SECRET } });

      expect(problems.length).toBeGreaterThan(0);
      expect(told(problems)).not.toContain(SECRET);
    },
  );

  it('is not shown by what was read', () => {
    const { configuration } = readBody(
      `consumers: [{username: a, keyauth_credentials: [{key: ${SECRET}}], jwt_secrets: [{key: k, secret: ${SECRET}}], basicauth_credentials: [{username: u, password: ${SECRET}}]}]
plugins: [{name: http-log, config: {http_endpoint: "http://${SECRET}", headers: {A: ${SECRET}}}}, {name: rate-limiting, config: {minute: 1, policy: redis, redis: {host: h, password: ${SECRET}}}}]`,
    );

    expect(configuration).toBeDefined();
    expect(JSON.stringify(configuration) + inspect(configuration, { depth: 20 })).not.toContain(SECRET);
  });
});
