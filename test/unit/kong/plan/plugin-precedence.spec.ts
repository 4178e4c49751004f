import { describe, expect, it } from 'vitest';
import { KONG_MAPPINGS } from '../../../../src/framework/kong/kong-mappings.js';
import { passedThrough, planned, requestOf } from './planned.fixture.js';

/** Every scope that an instance can have, from the most specific to the least. */
const LEVELS = [
  'route+service+consumer',
  'route+consumer',
  'service+consumer',
  'route+service',
  'consumer',
  'route',
  'service',
  'global',
] as const;
type Level = (typeof LEVELS)[number];

const ANN = '11111111-1111-4111-8111-111111111111';
const BOB = '22222222-2222-4222-8222-222222222222';

/** A file with one route of one service, called by ann, and an instance at each of these scopes. */
function file(levels: readonly Level[]): string {
  const instances = levels.map((level) => {
    const scopes = level === 'global' ? [] : level.split('+').map((scope) => `${scope}: the-${scope}`);
    return `  - {name: request-termination, instance_name: ${level.replaceAll('+', '-')}, ${[...scopes, 'config: {}'].join(', ')}}`;
  });
  return `
_format_version: "3.0"
services: [{name: the-service, url: http://upstream.test}]
routes: [{name: the-route, service: the-service, paths: [/a]}]
consumers:
  - {id: ${ANN}, username: the-consumer}
  - {id: ${BOB}, username: bob}
plugins:
  - {name: key-auth, instance_name: auth, config: {}}
${instances.join('\n')}
`;
}

const ofTermination = (ran: readonly string[]): readonly string[] =>
  ran
    .filter((line) => line.startsWith('before request-termination'))
    .map((line) => line.split(' ')[2] as string);

describe('which instance of a plugin runs', () => {
  it.each(LEVELS.map((level, index) => [level, LEVELS.slice(index)] as const))(
    '§2 precedence: %s goes before all that follow it',
    async (level, there) => {
      const plan = planned(file(there));

      const ran = await passedThrough(plan, requestOf('/a', ANN));

      expect(plan.problems).toEqual([]);
      expect(ofTermination(ran)).toEqual([level.replaceAll('+', '-')]);
    },
  );

  const pairs = LEVELS.flatMap((winner, i) => LEVELS.slice(i + 1).map((loser) => [winner, loser] as const));
  it.each(pairs)('§2 precedence: %s goes before %s, in whatever order they stand', async (winner, loser) => {
    for (const order of [
      [winner, loser],
      [loser, winner],
    ] as const) {
      const ran = await passedThrough(planned(file(order)), requestOf('/a', ANN));

      expect(ofTermination(ran)).toEqual([winner.replaceAll('+', '-')]);
    }
  });

  it.each(LEVELS.map((level, index) => [level, LEVELS.slice(index)] as const))(
    '§2 precedence: from %s down, another consumer gets what is for everybody',
    async (_level, there) => {
      const expected = there.find((level) => !level.includes('consumer'));

      const ran = await passedThrough(planned(file(there)), requestOf('/a', BOB));

      expect(ofTermination(ran)).toEqual(expected === undefined ? [] : [expected.replaceAll('+', '-')]);
    },
  );

  it('§2 precedence: consumer-scoped instances take effect behind an auth plugin only', async () => {
    const plan = planned(`
_format_version: "3.0"
services: [{name: s, url: http://upstream.test, routes: [{name: open, paths: [/open]}]}]
consumers: [{id: ${ANN}, username: ann, plugins: [{name: request-termination, instance_name: of-ann, config: {}}]}]
`);

    expect(await passedThrough(plan, requestOf('/open', ANN))).toEqual([]);
  });

  it('§2 precedence: a plugin that runs before the auth plugin is chosen without a consumer', async () => {
    const plan = planned(`
_format_version: "3.0"
services: [{name: s, url: http://upstream.test, routes: [{name: r, paths: [/a]}]}]
consumers: [{id: ${ANN}, username: ann, plugins: [{name: correlation-id, instance_name: of-ann, config: {}}]}]
plugins:
  - {name: key-auth, instance_name: auth, config: {}}
  - {name: correlation-id, instance_name: all, config: {}}
`);

    const ran = await passedThrough(plan, requestOf('/a', ANN));

    expect(ran.filter((line) => line.startsWith('before'))).toEqual([
      'before correlation-id all',
      'before key-auth auth',
    ]);
  });

  it('§2 precedence: one that is not enabled is as if it were not there', async () => {
    const plan = planned(`
_format_version: "3.0"
services: [{name: s, url: http://upstream.test, routes: [{name: r, paths: [/a], plugins: [{name: cors, instance_name: off, enabled: false, config: {}}]}]}]
plugins: [{name: cors, instance_name: on, config: {}}]
`);

    const ran = await passedThrough(plan, requestOf('/a'));

    expect(ran).toEqual(['before cors on', 'after cors on', 'log cors on']);
  });

  it('§2 order: by static priority, descending, in every phase, wherever they were declared', async () => {
    const plan = planned(`
_format_version: "3.0"
services:
  - name: s
    url: http://upstream.test
    plugins: [{name: response-transformer, config: {add: {headers: ["a:b"]}}}]
    routes:
      - {name: r, paths: [/a], plugins: [{name: request-termination, config: {}}, {name: acl, config: {allow: [g]}}]}
plugins:
  - {name: rate-limiting, config: {minute: 1}}
  - {name: key-auth, config: {}}
  - {name: cors, config: {}}
`);
    const order = ['cors', 'key-auth', 'acl', 'rate-limiting', 'response-transformer', 'request-termination'];

    const ran = await passedThrough(plan, requestOf('/a'));

    expect(ran).toEqual(
      ['before', 'after', 'log'].flatMap((phase) => order.map((name) => `${phase} ${name}`)),
    );
    expect(plan.routes.routes[0]?.policies.map(({ name }) => name)).toEqual(['body-limit', ...order]);
  });

  it.each([
    ['correlation-id', 100_001],
    ['cors', 2_000],
    ['jwt', 1_450],
    ['key-auth', 1_250],
    ['basic-auth', 1_100],
    ['ip-restriction', 990],
    ['request-size-limiting', 951],
    ['acl', 950],
    ['rate-limiting', 910],
    ['request-transformer', 801],
    ['response-transformer', 800],
    ['prometheus', 13],
    ['http-log', 12],
    ['file-log', 9],
    ['request-termination', 2],
  ] as const)('§2 order: %s has the priority %d', (name, priority) => {
    expect(KONG_MAPPINGS.get(name)?.priority).toBe(priority);
  });

  it('§2 consequences: the choice of a consumer holds in the response and log phases too', async () => {
    const ran = await passedThrough(planned(file(['route+consumer', 'global'])), requestOf('/a', ANN));

    expect(ran.filter((line) => line.includes('termination'))).toEqual([
      'before request-termination route-consumer',
      'after request-termination route-consumer',
      'log request-termination route-consumer',
    ]);
  });

  it('§2 services: routes of a disabled service are not in the plan', () => {
    const plan = planned(`
_format_version: "3.0"
services: [{name: s, url: http://upstream.test, enabled: false, routes: [{name: r, paths: [/a]}]}]
`);

    expect(plan.routes.routes).toEqual([]);
    expect(plan.routes.enter(requestOf('/a'))).toBeUndefined();
  });
});
