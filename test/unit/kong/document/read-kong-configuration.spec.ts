import { describe, expect, it } from 'vitest';
import { readKongConfiguration } from '../../../../src/kong/document/read-kong-configuration.js';
import type { KongConfiguration } from '../../../../src/kong/kong-configuration.js';
import { read, readBody, sound, told, toldOf } from './reading.js';

const MISSION = `
_format_version: "3.0"
services:
  - name: user-service
    url: http://user-service:3001
    routes:
      - name: users-route
        paths: [/api/users]
        methods: [GET, POST]
    plugins:
      - name: jwt
      - name: rate-limiting
        config:
          minute: 1000
          policy: redis
  - name: order-service
    url: http://order-service:3002
    routes:
      - name: orders-route
        paths: [/api/orders]
    plugins:
      - name: jwt
      - name: request-transformer
        config:
          add:
            headers: ["X-Correlation-ID:$(uuid)"]
`;

describe('a file of Kong', () => {
  it('becomes a configuration, with a warning for each deliberate difference and each token without an end', () => {
    const { configuration, problems, warnings } = read(MISSION);

    expect(problems).toEqual([]);
    expect(configuration?.services.map(({ name, host, port }) => `${name} ${host}:${port}`)).toEqual([
      'user-service user-service:3001',
      'order-service order-service:3002',
    ]);
    expect(configuration?.routes.map(({ name, paths, service }) => [name, paths, service?.name])).toEqual([
      ['users-route', ['/api/users'], 'user-service'],
      ['orders-route', ['/api/orders'], 'order-service'],
    ]);
    expect(configuration?.plugins.map(({ name, service }) => [name, service])).toEqual([
      ['jwt', configuration?.services[0]?.id],
      ['rate-limiting', configuration?.services[0]?.id],
      ['jwt', configuration?.services[1]?.id],
      ['request-transformer', configuration?.services[1]?.id],
    ]);
    expect(told(warnings).split('\n')).toEqual([
      expect.stringMatching(/^kong\.yml:11:9 services\[0\]\.plugins\[0\].*claims_to_verify/),
      expect.stringMatching(/^kong\.yml:14:11 services\[0\]\.plugins\[1\].*REDIS_URL is used/),
      expect.stringMatching(/^kong\.yml:22:9 services\[1\]\.plugins\[0\].*claims_to_verify/),
      expect.stringMatching(/^kong\.yml:26:23 services\[1\]\.plugins\[1\].*\$\(uuid\)/),
    ]);
  });

  it('is refused where it differs from Kong, when Kong is to be followed strictly', () => {
    const { configuration, problems } = read(MISSION, { strict: true });

    expect(configuration).toBeUndefined();
    expect(told(problems)).toMatch(
      /redis\.host: host is missing[\s\S]*\$\(uuid\), which names nothing in Kong/,
    );
  });

  it('may be JSON, indented with tabs', () => {
    const file = {
      _format_version: '3.0',
      services: [{ name: 'a', url: 'http://a', routes: [{ paths: ['/x'] }] }],
    };

    const { configuration, problems } = read(JSON.stringify(file, null, '\t'));

    expect(problems).toEqual([]);
    expect(configuration?.routes[0]?.paths).toEqual(['/x']);
  });

  it('is told every mistake at once, each with its place', () => {
    const { problems } = readBody(
      'servces: []\nservices:\n  - name: a\n    host: b\n    prt: 1\n    retries: "5"\n',
    );

    expect(told(problems)).toBe(
      [
        "kong.yml:2:1 servces: servces is no entity of Kong's; did you mean services?",
        "kong.yml:6:5 services[0].prt: prt is no field of Kong's here; did you mean port?",
        'kong.yml:7:14 services[0].retries: retries is "5"; must be a whole number, 0–32767, without quotes.',
      ].join('\n'),
    );
  });

  it.each([
    ['§1', '', 'the file is empty'],
    ['§1', 'services: []', '_format_version is missing'],
    ['§1', '_format_version: 3.0', 'write "3.0", in quotes'],
    ['§1', '_format_version: "4.0"', 'must be one of these'],
    ['§1', '_format_version: "3.0"\n_transform: yes', '_transform must be true'],
    ['§1', '- a', 'the file must be a map'],
    ['§1', '_format_version: "3.0"\nservices: {}', 'services must be a list'],
    ['§1', '_format_version: "3.0"\nservices: [a]', 'must be a map of its fields'],
    ['§2', '_format_version: "3.0"\ncertificates: [{cert: a}]', 'TLS_CERT_FILE'],
    ['§1', '_format_version: "3.0"\nvaults: [{name: env}]', '{vault://env/NAME}'],
    ['§1', '_format_version: "3.0"\nhmacauth_credentials: [{username: a}]', 'later version'],
    ['§1', '_format_version: "3.0"\nsnis: [{name: a}]', 'snis is not carried out here'],
    ['§1', '_format_version: "3.0"\nca_certificates: [{cert: a}]', 'TLS_CLIENT_CA_FILE'],
    ['§1', '_format_version: "3.0"\nkey_sets: [{name: a}]', 'key_sets is not carried out here'],
    ['§1', '_format_version: "3.0"\nkeys: [{kid: a}]', 'keys is not carried out here'],
    ['§1', '_format_version: "3.0"\nfilter_chains: [{name: a}]', 'filter_chains is not carried out here'],
    ['§1', '_format_version: "3.0"\nparameters: [{key: a}]', 'parameters is not carried out here'],
    ['§1', '_format_version: "3.0"\noauth2_credentials: [{name: a}]', 'issues no tokens'],
    ['§1', '_format_version: "3.0"\noauth2_tokens: [{scope: a}]', 'oauth2_tokens is not carried out here'],
    ['§1', '_format_version: "3.0"\nacme_storage: [{key: a}]', 'acme_storage is not carried out here'],
    ['§1', '_format_version: "3.0"\nserivces: []', 'did you mean services?'],
    ['§1', '_format_version: null', '_format_version'],
    ['§1', '_format_version: "3.0"\n_transform: null', '_transform'],
    ['§1', '_format_version: "3.0"\nservices: [{host: h, tags: [1]}]', 'services[0].tags[0]'],
    [
      '§1',
      '_format_version: "3.0"\nservices: [{host: h, routes: [{paths: [/a], plugins: [{}]}]}]',
      'services[0].routes[0].plugins[0]',
    ],
  ])('is refused, %s: %j', (_section, text, words) => {
    expect(told(read(text).problems)).toContain(words);
  });

  it.each(['1.1', '2.1', '3.0'])('may have the format %s (§1)', (version) => {
    expect(read(`_format_version: "${version}"`).problems).toEqual([]);
  });

  it('may hold comments, ignored values, and what decK adds (§1)', () => {
    const body = `
_comment: hello
_ignore: [{anything: &anchor {host: a}}]
_info: {select_tags: [x]}
_workspace: default
_konnect: {control_plane_name: x}
services:
  - {<<: *anchor, name: a, _comment: x, _ignore: [1], tags: [p, p, q], created_at: 1}
certificates: []
`;
    expect(sound(body).services[0]?.tags).toEqual(['p', 'q']);
  });

  it('is told that defaults of decK are not applied', () => {
    expect(toldOf('_info: {defaults: {service: {retries: 9}}}')).toContain(
      'defaults of decK are not applied',
    );
  });

  it('takes a shared plugin configuration, with that of the plugin over it', () => {
    const { plugins } = sound(`
_plugin_configs: {shared: {minute: 5, hour: 50, limit_by: ip}}
plugins: [{name: rate-limiting, _config: shared, config: {minute: 7}}]`);

    expect(plugins[0]?.config).toMatchObject({ limits: { minute: 7, hour: 50 }, limitBy: 'ip' });
  });

  it('names the nearest shared configuration for one that is not there', () => {
    expect(toldOf('_plugin_configs: {shared: {}}\nplugins: [{name: cors, _config: shred}]')).toContain(
      'did you mean shared?',
    );
  });

  it('may refer across files, whose names are unique together', () => {
    const head = '_format_version: "3.0"\n';
    const sources = [
      { name: 'routes.yml', text: `${head}routes: [{name: r, service: s, paths: [/a]}]` },
      { name: 'services.yml', text: `${head}services: [{name: s, host: h}]` },
      { name: 'more.yml', text: `${head}services: [{name: s, host: h}]` },
    ];

    expect(readKongConfiguration(sources.slice(0, 2)).configuration?.routes[0]?.service?.name).toBe('s');
    expect(told(readKongConfiguration(sources).problems)).toMatch(
      /^more\.yml:2:19 services\[0\]\.name: name is taken already by services\[0\] \(services\.yml:2:12\)/,
    );
  });

  it.each([
    [
      'services',
      'services: [{id: 11111111-1111-4111-8111-111111111111, host: a}, {id: 11111111-1111-4111-8111-111111111111, host: b}]',
    ],
    ['routes', 'routes: [{name: a, paths: [/a]}, {name: a, paths: [/b]}]'],
    ['upstreams', 'upstreams: [{name: a.b}, {name: a.b}]'],
    ['consumers', 'consumers: [{custom_id: a}, {custom_id: a}]'],
    ['plugins', 'plugins: [{name: cors}, {name: cors}]'],
    ['plugins', 'plugins: [{name: cors, instance_name: x}, {name: prometheus, instance_name: x}]'],
    ['targets', 'upstreams: [{name: a.b, targets: [{target: "h:1"}, {target: "H:1"}]}]'],
    ['acls', 'consumers: [{username: a, acls: [{group: g}, {group: g}]}]'],
    ['jwt_secrets', 'consumers: [{username: a, jwt_secrets: [{key: k, secret: s}, {key: k, secret: s}]}]'],
    [
      'keyauth_credentials',
      'consumers: [{username: a, keyauth_credentials: [{key: k}]}, {username: b, keyauth_credentials: [{key: k}]}]',
    ],
    [
      'basicauth_credentials',
      'consumers: [{username: a, basicauth_credentials: [{username: u, password: p}, {username: u, password: q}]}]',
    ],
  ])('has nothing twice among %s (§1): %s', (kind, body) => {
    expect(toldOf(body)).toMatch(new RegExp(`is taken already by .* must be unique among ${kind}`));
  });

  it.each([
    ['by name', 'service: s'],
    ['by id', 'service: 11111111-1111-4111-8111-111111111111'],
    ['as decK writes it', 'service: {name: s}'],
    ['as the Admin API writes it', 'service: {id: 11111111-1111-4111-8111-111111111111}'],
  ])('refers %s (§1)', (_how, reference) => {
    const { routes } = sound(
      `services: [{id: 11111111-1111-4111-8111-111111111111, name: s, host: h}]\nroutes: [{paths: [/a], ${reference}}]`,
    );

    expect(routes[0]?.service?.name).toBe('s');
  });

  const ID = '11111111-1111-4111-8111-111111111111';
  it.each([
    ['a route', `services: [{id: ${ID}, name: x, host: h}]`, 'routes', 'paths: [/a], service'],
    ['a target', `upstreams: [{id: ${ID}, name: x}]`, 'targets', 'target: "h:1", upstream'],
    ['a jwt_secret', `consumers: [{id: ${ID}, username: x}]`, 'jwt_secrets', 'key: k, secret: s, consumer'],
    ['a key', `consumers: [{id: ${ID}, username: x}]`, 'keyauth_credentials', `id: ${ID}, key: k, consumer`],
    [
      'a password',
      `consumers: [{id: ${ID}, username: x}]`,
      'basicauth_credentials',
      'username: u, password: p, consumer',
    ],
    ['a group', `consumers: [{id: ${ID}, username: x}]`, 'acls', 'group: g, consumer'],
    ['a plugin', `services: [{id: ${ID}, name: x, host: h}]`, 'plugins', 'name: cors, service'],
    ['a plugin', `routes: [{id: ${ID}, name: x, paths: [/a]}]`, 'plugins', 'name: cors, route'],
    ['a plugin', `consumers: [{id: ${ID}, username: x}]`, 'plugins', 'name: prometheus, consumer'],
  ])('lets %s name what it belongs to by key or id (§1), row %#', (_what, parent, kind, child) => {
    const of = (reference: string) => withoutPlaces(sound(`${parent}\n${kind}: [{${child}: ${reference}}]`));

    const byKey = of('x');
    expect(of(ID)).toEqual(byKey);
    expect(of(`{id: ${ID}}`)).toEqual(byKey);
    expect(of(`{${parent.startsWith('consumers') ? 'username' : 'name'}: x}`)).toEqual(byKey);
  });

  it('means the same nested and by reference (§1)', () => {
    const nested = sound(`
services:
  - name: s
    url: http://pool/v1
    plugins: [{name: key-auth}, {name: rate-limiting, config: {minute: 5}}]
    routes:
      - {name: r, paths: [/a], plugins: [{name: cors}, {name: rate-limiting, config: {minute: 1}}]}
      - {name: q, hosts: [a.example]}
upstreams: [{name: pool, targets: [{target: "a:1", weight: 5}, {target: "b:2"}]}]
consumers:
  - username: ann
    jwt_secrets: [{key: k, secret: s}]
    keyauth_credentials: [{id: ${ID}, key: a}]
    basicauth_credentials: [{username: u, password: p}]
    acls: [{group: g}, {group: h}]
    plugins: [{name: rate-limiting, config: {minute: 9}}]
plugins: [{name: prometheus}]`);
    const flat = sound(`
plugins:
  - {name: key-auth, service: s}
  - {name: rate-limiting, service: s, config: {minute: 5}}
  - {name: cors, route: r}
  - {name: rate-limiting, route: r, config: {minute: 1}}
  - {name: rate-limiting, consumer: ann, config: {minute: 9}}
  - {name: prometheus}
acls: [{group: g, consumer: ann}, {group: h, consumer: ann}]
basicauth_credentials: [{username: u, password: p, consumer: ann}]
keyauth_credentials: [{id: ${ID}, key: a, consumer: ann}]
jwt_secrets: [{key: k, secret: s, consumer: ann}]
consumers: [{username: ann}]
targets: [{target: "a:1", weight: 5, upstream: pool}, {target: "b:2", upstream: pool}]
upstreams: [{name: pool}]
routes: [{name: r, paths: [/a], service: s}, {name: q, hosts: [a.example], service: s}]
services: [{name: s, url: http://pool/v1}]`);

    expect(withoutPlaces(flat)).toEqual(withoutPlaces(nested));
  });

  it.each([
    ['services', 'services: [{host: h, $}]'],
    ['routes', 'routes: [{paths: [/a], $}]'],
    ['upstreams', 'upstreams: [{name: a.b, $}]'],
    ['targets', 'upstreams: [{name: a.b, targets: [{target: h, $}]}]'],
    ['consumers', 'consumers: [{username: a, $}]'],
    ['jwt_secrets', 'consumers: [{username: a, jwt_secrets: [{key: k, secret: s, $}]}]'],
    ['keyauth_credentials', 'consumers: [{username: a, keyauth_credentials: [{key: k, $}]}]'],
    [
      'basicauth_credentials',
      'consumers: [{username: a, basicauth_credentials: [{username: u, password: p, $}]}]',
    ],
    ['acls', 'consumers: [{username: a, acls: [{group: g, $}]}]'],
    ['plugins', 'plugins: [{name: cors, $}]'],
  ])('takes tags, comments and ignored values on %s (§1)', (_kind, body) => {
    const common = '_comment: c, _ignore: [1, {a: b}], tags: [t], created_at: 1, updated_at: 2';

    expect(readBody(body.replace('$', common)).problems).toEqual([]);
  });

  it.each([
    ['plugins', 'plugins: [{name: prometheus, service: {name: s}}, {name: prometheus, service: {name: t}}]'],
    [
      'plugins with a queue',
      'plugins: [{name: http-log, service: {name: s}, config: {http_endpoint: "http://s"}}, {name: http-log, service: {name: t}, config: {http_endpoint: "http://t"}}]',
    ],
    ['targets', 'targets: [{target: h, upstream: {name: a.b}}, {target: h, upstream: {name: c.d}}]'],
  ])('derives an id for each of %s that name their owners as decK does (§1 IDs)', (_kind, body) => {
    const { plugins, upstreams } = sound(
      `services: [{name: s, host: h}, {name: t, host: h}]\nupstreams: [{name: a.b}, {name: c.d}]\n${body}`,
    );

    const ids = [...plugins, ...upstreams.flatMap(({ targets }) => targets)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it('names the nearest for a reference to nothing', () => {
    expect(toldOf('services: [{name: users, host: h}]\nroutes: [{paths: [/a], service: user}]')).toContain(
      'service is "user"; there is no such entry in services; did you mean users?',
    );
  });

  it('is refused where something nested names another parent', () => {
    const body = 'services: [{name: a, host: h, routes: [{paths: [/a], service: b}]}, {name: b, host: h}]';

    expect(toldOf(body)).toContain('names another one than that which it stands in');
  });

  it('tells no more than a thousand mistakes, and how many more there are', () => {
    const { problems } = readBody(`services:\n${'  - {}\n'.repeat(3_000)}`);

    expect(problems).toHaveLength(1_001);
    expect(problems.at(-1)?.message).toBe('2000 more are not shown; mend these first.');
  });
});

describe('a route that no authentication reaches', () => {
  const ROUTE = 'services: [{name: s, host: h, routes: [{name: r, paths: [/a]}]}]\n';

  it.each([
    ['none', '', 'anybody may call r: no jwt'],
    ['one that is disabled', 'plugins: [{name: key-auth, enabled: false}]', 'anybody may call r: no jwt'],
    [
      'one at another route',
      'routes: [{name: q, paths: [/b]}]\nplugins: [{name: key-auth, route: q}]',
      'anybody may call r: no jwt',
    ],
    [
      'one for https alone',
      'plugins: [{name: key-auth, protocols: [https]}]',
      'anybody may call r by http: no jwt',
    ],
  ])('is listed: %s', (_case, body, words) => {
    const { problems, warnings } = readBody(ROUTE + body);

    expect(problems).toEqual([]);
    expect(told(warnings)).toContain(words);
  });

  it.each([
    ['global', 'plugins: [{name: key-auth}]'],
    ['at the service', 'plugins: [{name: basic-auth, service: s}]'],
    ['at the route', 'plugins: [{name: key-auth, route: r}]'],
    ['at both', 'plugins: [{name: key-auth, route: r, service: s}]'],
  ])('is not one that a plugin reaches: %s', (_where, body) => {
    expect(readBody(ROUTE + body).warnings).toEqual([]);
  });

  it('is no matter when its service is disabled', () => {
    expect(readBody('services: [{host: h, enabled: false, routes: [{paths: [/a]}]}]').warnings).toEqual([]);
  });

  it('is a problem when open routes are refused', () => {
    const { configuration, problems } = readBody(ROUTE, { refuseOpen: true });

    expect(configuration).toBeUndefined();
    expect(told(problems)).toContain(
      'anybody may call r: no jwt, key-auth or basic-auth reaches it; add one of them.',
    );
  });
});

/** A configuration by what it means: where it stands and the order of plugins are left out. */
function withoutPlaces(configuration: KongConfiguration): unknown {
  const { plugins, ...others } = configuration;
  const ordered = plugins.toSorted((one, other) => one.id.localeCompare(other.id));
  const text = JSON.stringify({ ...others, plugins: ordered }, (key, value: unknown) =>
    key === 'place' ? undefined : value,
  );
  return JSON.parse(text);
}
