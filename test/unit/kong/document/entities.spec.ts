import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { uuidV5 } from '../../../../src/kong/document/entities/uuid-v5.js';
import { read, sound, told, toldOf } from './reading.js';

const service = (fields: string) => sound(`services: [{${fields}}]`).services[0];
const route = (fields: string) => sound(`routes: [{${fields}}]`).routes[0];
const upstream = (fields: string) => sound(`upstreams: [{name: pool, ${fields}}]`).upstreams[0];
const consumer = (fields: string) => sound(`consumers: [{username: ann, ${fields}}]`).consumers[0];

describe('a service', () => {
  it('has the defaults of Kong (§2 services)', () => {
    expect(service('host: Users')).toMatchObject({
      name: undefined,
      protocol: 'http',
      host: 'users',
      port: 80,
      path: undefined,
      retries: 5,
      connectTimeoutMs: 60_000,
      writeTimeoutMs: 60_000,
      readTimeoutMs: 60_000,
      tlsVerify: undefined,
      enabled: true,
      tags: [],
      place: { file: 'kong.yml', line: 2, column: 12, path: 'services[0]' },
    });
  });

  it.each([
    ['http://users:3001', { protocol: 'http', host: 'users', port: 3001, path: undefined }],
    ['https://Users.example/v1', { protocol: 'https', host: 'users.example', port: 443, path: '/v1' }],
    ['http://users/', { protocol: 'http', port: 80, path: '/' }],
    ['http://[2001:db8::1]:8080', { host: '2001:db8::1', port: 8080 }],
    ['grpcs://calls:50051', { protocol: 'grpcs', port: 50_051, path: undefined }],
    ['http://my_service:1', { host: 'my_service' }],
    ['http://users', { protocol: 'http', port: 80 }],
    ['HTTPS://users', { protocol: 'https', port: 443 }],
    ['grpc://calls', { protocol: 'grpc', port: 80 }],
    ['http://users:3001/a/', { path: '/a/' }],
  ])('may be written as a url (§2 services): %s', (url, expected) => {
    expect(service(`url: "${url}"`)).toMatchObject(expected);
  });

  it.each([
    ['host: h, protocol: https', { protocol: 'https', port: 80 }],
    ['host: h, protocol: https, tls_verify: true', { tlsVerify: true }],
    ['host: h, retries: 0', { retries: 0 }],
    ['host: h, retries: 32767', { retries: 32_767 }],
    ['host: h, connect_timeout: 1', { connectTimeoutMs: 1 }],
    ['host: h, write_timeout: 1, read_timeout: 2', { writeTimeoutMs: 1, readTimeoutMs: 2 }],
    ['host: h, enabled: false', { enabled: false }],
    ['host: h, path: /a%20b/', { path: '/a%20b/' }],
    ['host: h, protocol: grpcs, path: null', { protocol: 'grpcs', path: undefined }],
  ])('is read as Kong reads it (§2 services): %s', (fields, expected) => {
    expect(service(fields)).toMatchObject(expected);
  });

  it('takes url over what stands beside it, and tells what it does not take (§2 services: url)', () => {
    const body = 'services: [{name: s, url: "http://h:4000/socket", protocol: ws, port: 81, host: h}]';

    expect(sound(body).services[0]).toMatchObject({
      protocol: 'http',
      host: 'h',
      port: 4000,
      path: '/socket',
    });
    expect(toldOf(body).match(/\w+ stands beside url, which sets it/g)).toEqual([
      'protocol stands beside url, which sets it',
      'port stands beside url, which sets it',
    ]);
  });

  it('takes null as the default of retries and timeouts, and as nothing elsewhere', () => {
    expect(
      service(
        'host: h, retries: null, read_timeout: null, path: null, client_certificate: null, tls_verify: null',
      ),
    ).toMatchObject({ retries: 5, readTimeoutMs: 60_000, path: undefined });
  });

  it.each([
    ['name: a', 'host is missing'],
    ['url: "http://u:p4ss@h"', 'may hold no name or password'],
    ['url: "http://h?q=1"', 'may have no query'],
    ['url: "tcp://h:1"', 'must be a URL that begins with http://'],
    ['url: "http://h:99999"', 'a port of 1–65535'],
    ['url: "http://$HOST:$PORT/a"', 'holds a $NAME that nobody filled in'],
    ['host: h, port: "81"', 'a whole number, 1–65535, without quotes'],
    ['host: "h:1"', 'without a port'],
    ['host: h, protocol: tcp', 'a stream protocol'],
    ['host: h, protocol: tls', 'a stream protocol'],
    ['host: h, protocol: udp', 'a stream protocol'],
    ['host: h, protocol: tls_passthrough', 'a stream protocol'],
    ['host: h, protocol: ws', 'Kong Enterprise'],
    ['host: h, protocol: wss', 'Kong Enterprise'],
    ['host: h, protocol: htps', 'did you mean https?'],
    ['host: h, protocol: null', 'leave it out for the default'],
    ['host: h, port: 0', 'a whole number, 1–65535'],
    ['host: h, path: a', 'begins with /'],
    ['host: h, path: /a//b', 'without empty segments'],
    ['host: h, path: /a/../b', 'without the segments . and ..'],
    ['host: h, path: "/a b"', 'percent-encoded'],
    ['host: h, protocol: grpc, path: /a', 'have their own; leave it out'],
    ['host: h, retries: 32768', '0–32767'],
    ['host: h, retries: -1', '0–32767'],
    ['host: h, connect_timeout: 0', '1–2147483646'],
    ['host: h, write_timeout: 0', '1–2147483646'],
    ['host: h, read_timeout: 0.5', '1–2147483646'],
    ['host: h, enabled: null', 'leave it out for the default'],
    ['host: h, tls_verify_depth: 64', 'chains are verified whole'],
    ['host: h, protocol: grpcs, path: /a', 'have their own; leave it out'],
    ['host: h, tls_verify: true', 'http has no TLS'],
    ['host: h, client_certificate: x', 'describe this upstream in code'],
    ['host: h, ca_certificates: [x]', 'describe this upstream in code'],
    ['host: h, id: x', 'a UUID'],
    ['host: h, name: "a/b"', 'a name of letters'],
    ['host: h, tags: a', 'a list of text'],
  ])('is refused (§2 services): %s', (fields, words) => {
    expect(toldOf(`services: [{${fields}}]`)).toContain(words);
  });
});

describe('a route', () => {
  it('has the defaults of Kong (§2 routes)', () => {
    expect(route('paths: [/a]')).toMatchObject({
      protocols: ['http', 'https'],
      methods: [],
      hosts: [],
      paths: ['/a'],
      headers: {},
      snis: [],
      sources: [],
      destinations: [],
      stripPath: true,
      preserveHost: false,
      regexPriority: 0,
      httpsRedirectStatusCode: 426,
      requestBuffering: true,
      responseBuffering: true,
      service: undefined,
    });
  });

  it.each([
    [
      'hosts: [A.example, "*.b.example", "c.*", "d.example:8080"]',
      { hosts: ['a.example', '*.b.example', 'c.*', 'd.example:8080'] },
    ],
    ['headers: {X-Version: [v1, "~*V2"]}', { headers: { 'x-version': ['v1', '~*V2'] } }],
    ['paths: ["~/a/(?<id>\\\\d+)$"]', { paths: ['~/a/(?<id>\\d+)$'] }],
    ['protocols: [https], snis: [A.example]', { snis: ['a.example'] }],
    [
      'paths: [/a], sources: [{ip: 10.0.0.0/8}, {ip: "::1", port: 1}]',
      { sources: [{ ip: '10.0.0.0/8' }, { ip: '::1', port: 1 }] },
    ],
    ['paths: [/a], methods: null, hosts: []', { methods: [], hosts: [] }],
    ['protocols: [grpc], paths: [/pkg.Service]', { stripPath: false }],
    ['methods: [GET, PURGE]', { methods: ['GET', 'PURGE'] }],
    ['headers: {a: [b]}', { headers: { a: ['b'] } }],
    ['snis: [a.example]', { snis: ['a.example'] }],
    ['protocols: [grpcs], snis: [a.example]', { snis: ['a.example'], stripPath: false }],
    [
      'paths: [/a], destinations: [{ip: 10.0.0.1, port: 80}]',
      { destinations: [{ ip: '10.0.0.1', port: 80 }] },
    ],
    ['paths: ["~/a"], regex_priority: -1', { regexPriority: -1 }],
    ['paths: [/a], regex_priority: null, path_handling: null', { regexPriority: 0 }],
    ['paths: [/a], strip_path: false, preserve_host: true', { stripPath: false, preserveHost: true }],
    [
      'paths: [/a], request_buffering: false, response_buffering: false',
      { requestBuffering: false, responseBuffering: false },
    ],
    ['paths: [/a], https_redirect_status_code: 308', { httpsRedirectStatusCode: 308 }],
    ['paths: [/a], service: null', { service: undefined }],
  ])('keeps what it matches (§2 routes): %s', (fields, expected) => {
    expect(route(fields)).toMatchObject(expected);
  });

  it.each([
    ['name: a', 'would match everything'],
    ['methods: []', 'would match everything'],
    ['snis: [a.example], protocols: [http]', 'needs TLS'],
    ['sources: [{port: 1}]', 'would match everything'],
    ['paths: [/a], sources: [{}]', 'has an entry without ip and port'],
    ['paths: [a]', 'begins with /'],
    ['paths: ["~a"]', 'begins with ~/'],
    ['paths: ["/a(b|c]"]', 'a regex begins with ~'],
    ['paths: [/a//b]', 'without empty segments'],
    ['paths: ["~/a//b"]', 'without empty segments'],
    ['destinations: [{ip: 10.0.0.1}]', 'would match everything'],
    ['paths: [/a], destinations: [{}]', 'has an entry without ip and port'],
    ['paths: [/a], sources: [{ip: example.com}]', 'a CIDR range'],
    ['hosts: ["*"]', 'a host name'],
    ['hosts: ["a*.b"]', 'a host name'],
    ['hosts: ["a.example:99999"]', 'a host name'],
    ['paths: [/a], protocols: [http, tcp]', 'a stream protocol'],
    ['paths: [/a], protocols: [tls_passthrough]', 'a stream protocol'],
    ['paths: [/a], protocols: [https, grpcs]', 'mixes https, grpcs'],
    ['snis: [a.example], protocols: [grpc]', 'needs TLS'],
    ['paths: [/a], priority: 1', 'belongs to routes of expressions'],
    ['paths: [/a], path_handling: v2', 'one of v0, v1'],
    ['paths: [/a], strip_path: "no"', 'true or false'],
    ['methods: [get]', 'a method in capitals'],
    ['hosts: ["*.a.*"]', 'a host name'],
    ['hosts: ["a.*.b"]', 'a host name'],
    ['headers: {Host: [a]}', 'use hosts'],
    ['headers: {a: b}', 'a list of a header value'],
    ['headers: {a: []}', 'and not empty'],
    ['headers: {"a b": [c]}', 'is not the name of a header'],
    ['headers: {a: [b], A: [c]}', 'one header twice'],
    ['paths: [/a], protocols: [http, grpc]', 'mixes http, grpc'],
    ['paths: [/a], protocols: []', 'and not empty'],
    ['paths: [/a], protocols: [tls]', 'a stream protocol'],
    ['paths: [/a], protocols: [grpc], strip_path: true', 'must be false on a route of gRPC'],
    ['hosts: [a], protocols: [grpc], methods: [POST]', 'may not be matched on a route of gRPC'],
    ['paths: [/a], https_redirect_status_code: 303', 'one of 426, 301, 302, 307, 308'],
    ['expression: "http.path == x"', 'belongs to routes of expressions'],
    ['paths: [/a], preserve_host: null', 'leave it out for the default'],
  ])('is refused (§2 routes): %s', (fields, words) => {
    expect(toldOf(`routes: [{${fields}}]`)).toContain(words);
  });

  it('is warned of path_handling v1, which Kong ignores too (§2 routes)', () => {
    expect(toldOf('routes: [{paths: [/a], path_handling: v1}]')).toContain('paths are joined as v0 does');
  });

  it.each(['1.1', '2.1'])('of format %s gets the mark of a regex where Kong guesses one (§1)', (version) => {
    const { configuration } = read(
      `_format_version: "${version}"\nroutes: [{paths: [/a, "/a/\\\\d+", "/a%20b", "/a(b)$"]}]`,
    );

    expect(configuration?.routes[0]?.paths).toEqual(['/a', '~/a/\\d+', '/a%20b', '~/a(b)$']);
  });
});

describe('an upstream', () => {
  it('has the defaults of Kong, and its targets (§2 upstreams)', () => {
    expect(upstream('targets: [{target: "a:1"}, {target: b, weight: 0}, {target: "[::1]:2"}]')).toMatchObject(
      {
        algorithm: 'round-robin',
        slots: 10_000,
        hashOn: { on: 'none' },
        hashFallback: { on: 'none' },
        hostHeader: undefined,
        targets: [
          { host: 'a', port: 1, weight: 100 },
          { host: 'b', port: 8000, weight: 0 },
          { host: '::1', port: 2, weight: 100 },
        ],
      },
    );
  });

  it('has targets that stand at the top of the file too', () => {
    const { upstreams } = sound('upstreams: [{name: a.b}]\ntargets: [{target: "h:1", upstream: a.b}]');

    expect(upstreams[0]?.targets).toMatchObject([{ host: 'h', port: 1 }]);
  });

  it.each([
    [
      'hash_on: header, hash_on_header: X-A',
      { algorithm: 'consistent-hashing', hashOn: { on: 'header', name: 'X-A' } },
    ],
    ['hash_on: cookie, hash_on_cookie: c', { hashOn: { on: 'cookie', name: 'c', path: '/' } }],
    ['hash_on: ip, hash_fallback: cookie, hash_on_cookie: c', { hashFallback: { on: 'cookie', name: 'c' } }],
    ['hash_on: query_arg, hash_on_query_arg: q', { hashOn: { on: 'query_arg', name: 'q' } }],
    ['algorithm: least-connections, hash_on: ip', { algorithm: 'least-connections', hashOn: { on: 'none' } }],
    ['algorithm: latency', { algorithm: 'latency' }],
    ['algorithm: latency, hash_on: path', { algorithm: 'latency', hashOn: { on: 'none' } }],
    [
      'algorithm: round-robin, hash_on: consumer',
      { algorithm: 'consistent-hashing', hashOn: { on: 'consumer' } },
    ],
    ['algorithm: consistent-hashing', { algorithm: 'consistent-hashing', hashOn: { on: 'none' } }],
    ['hash_on: path, hash_fallback: ip', { hashOn: { on: 'path' }, hashFallback: { on: 'ip' } }],
    [
      'hash_on: uri_capture, hash_on_uri_capture: id, hash_fallback: uri_capture, hash_fallback_uri_capture: to',
      { hashOn: { on: 'uri_capture', name: 'id' }, hashFallback: { on: 'uri_capture', name: 'to' } },
    ],
    [
      'hash_on: header, hash_on_header: A, hash_fallback: header, hash_fallback_header: B',
      { hashOn: { on: 'header', name: 'A' }, hashFallback: { on: 'header', name: 'B' } },
    ],
    [
      'hash_on: cookie, hash_on_cookie: c, hash_on_cookie_path: /a',
      { hashOn: { on: 'cookie', name: 'c', path: '/a' }, hashFallback: { on: 'none' } },
    ],
  ])('hashes as Kong does (§2 upstreams): %s', (fields, expected) => {
    expect(upstream(fields)).toMatchObject(expected);
  });

  it.each([
    ['hash_on: header', 'hash_on_header is missing'],
    ['hash_on: cookie', 'hash_on_cookie is missing'],
    ['hash_on: query_arg', 'hash_on_query_arg is missing'],
    ['hash_on: uri_capture', 'hash_on_uri_capture is missing'],
    ['hash_on: ip, hash_fallback: header', 'hash_fallback_header is missing'],
    ['hash_on: ip, hash_fallback: query_arg', 'hash_fallback_query_arg is missing'],
    ['hash_on: consumer, hash_fallback: consumer', 'the same as hash_on'],
    ['hash_on: path, hash_fallback: path', 'the same as hash_on'],
    ['hash_on: host', 'one of none'],
    ['slots: 65537', '10–65536'],
    ['client_certificate: x', 'describe this upstream in code'],
    ['healthchecks: {active: {type: udp}}', 'one of'],
    ['targets: [{weight: 1}]', 'target is missing'],
    ['targets: [{target: "a:0"}]', 'host:port'],
    ['targets: [{target: a, weight: -1}]', '0–65535'],
    ['hash_on: ip, hash_fallback: ip', 'the same as hash_on'],
    [
      'hash_on: header, hash_on_header: A, hash_fallback: header, hash_fallback_header: a',
      'the same as hash_on',
    ],
    ['hash_fallback: ip', 'hash_on is none'],
    ['hash_on: cookie, hash_on_cookie: c, hash_fallback: ip', 'must be none'],
    ['algorithm: random', 'one of round-robin'],
    ['slots: 9', '10–65536'],
    ['use_srv_name: true', 'list the targets'],
    ['healthchecks: {active: {heathy: {}}}', 'did you mean healthy?'],
    ['healthchecks: {threshold: 101}', '0–100'],
    ['targets: [{target: "a:1:2"}]', 'host:port'],
    ['targets: [{target: a, weight: 65536}]', '0–65535'],
  ])('is refused (§2 upstreams, targets): %s', (fields, words) => {
    expect(toldOf(`upstreams: [{name: pool, ${fields}}]`)).toContain(words);
  });

  it.each(['10.0.0.1', '"a:1"', '"::1"'])(
    'has a name that is no address and has no port (§2 upstreams): %s',
    (name) => {
      expect(toldOf(`upstreams: [{name: ${name}}]`)).toContain('a host name, no address and no port');
    },
  );

  it.each([
    ['threshold: 50', 'threshold'],
    ['active: {healthy: {interval: 5}}', 'active.healthy.interval'],
    ['passive: {unhealthy: {http_failures: 3}}', 'passive.unhealthy.http_failures'],
  ])('is warned that health is not checked yet: %s', (checks, path) => {
    expect(toldOf(`upstreams: [{name: pool, healthchecks: {${checks}}}]`)).toContain(
      `switches on ${path}, but`,
    );
  });

  it('is not warned of checks that are off', () => {
    expect(
      toldOf('upstreams: [{name: pool, healthchecks: {active: {type: http, healthy: {interval: 0}}}}]'),
    ).toBe('');
  });
});

describe('a consumer', () => {
  const pem = (kind: 'rsa' | 'ed25519') =>
    JSON.stringify(
      (kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519')
      ).publicKey
        .export({ type: 'spki', format: 'pem' })
        .toString(),
    );

  it('has its credentials and groups (§2 credentials)', () => {
    const found = consumer(
      'jwt_secrets: [{key: k, secret: s}], keyauth_credentials: [{key: a, ttl: 60}], basicauth_credentials: [{username: u, password: p}], acls: [{group: g}, {group: h}]',
    );

    expect(found?.jwtSecrets).toMatchObject([{ key: 'k', algorithm: 'HS256', publicKey: undefined }]);
    expect(found?.jwtSecrets[0]?.secret?.reveal()).toBe('s');
    expect(found?.keyAuthCredentials.map(({ key, ttl }) => [key.reveal(), ttl])).toEqual([['a', 60]]);
    expect(
      found?.basicAuthCredentials.map(({ username, password, hashed }) => [
        username,
        password.reveal(),
        hashed,
      ]),
    ).toEqual([['u', 'p', false]]);
    expect(found?.groups).toEqual(['g', 'h']);
  });

  it('has credentials that stand at the top of the file too (§1)', () => {
    const { consumers } = sound(
      'consumers: [{username: ann}]\nacls: [{group: g, consumer: ann}]\nkeyauth_credentials: [{key: k, consumer: {username: ann}}]',
    );

    expect(consumers[0]?.groups).toEqual(['g']);
    expect(consumers[0]?.keyAuthCredentials).toHaveLength(1);
  });

  it.each([
    ['RS256', 'rsa'],
    ['RS384', 'rsa'],
    ['RS512', 'rsa'],
    ['PS256', 'rsa'],
    ['PS384', 'rsa'],
    ['PS512', 'rsa'],
    ['EdDSA', 'ed25519'],
  ] as const)('has a public key for %s (§2 jwt_secrets)', (algorithm, kind) => {
    const found = consumer(
      `jwt_secrets: [{key: k, algorithm: ${algorithm}, rsa_public_key: ${pem(kind)}, secret: x}]`,
    );

    expect(found?.jwtSecrets[0]).toMatchObject({
      algorithm,
      secret: undefined,
      publicKey: expect.stringContaining('PUBLIC KEY'),
    });
  });

  it.each(['HS256', 'HS384', 'HS512'])('has a shared secret for %s (§2 jwt_secrets)', (algorithm) => {
    const found = consumer(`jwt_secrets: [{key: k, algorithm: ${algorithm}, secret: s}]`)?.jwtSecrets[0];

    expect([found?.algorithm, found?.secret?.reveal()]).toEqual([algorithm, 's']);
  });

  it.each([
    ['ES256', 'P-256'],
    ['ES384', 'P-384'],
    ['ES512', 'P-521'],
  ])('has a public key of its curve for %s (§2 jwt_secrets)', (algorithm, namedCurve) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve });
    const key = JSON.stringify(publicKey.export({ type: 'spki', format: 'pem' }));

    const found = consumer(`jwt_secrets: [{key: k, algorithm: ${algorithm}, rsa_public_key: ${key}}]`);

    expect(found?.jwtSecrets[0]).toMatchObject({ algorithm, secret: undefined });
  });

  it('has hashes of passwords where _transform says so (§2 basicauth_credentials)', () => {
    const credential = (password: string) =>
      read(
        `_format_version: "3.0"\n_transform: false\nconsumers: [{username: a, basicauth_credentials: [{username: u, password: "${password}"}]}]`,
      );

    const [found] = credential('A'.repeat(40)).configuration?.consumers[0]?.basicAuthCredentials ?? [];
    expect([found?.password.reveal(), found?.hashed]).toEqual(['a'.repeat(40), true]);
    expect(told(credential('plain').problems)).toContain('no SHA-1 in 40 hex digits');
  });

  it.each([
    ['jwt_secrets: [{secret: s}]', 'key is missing'],
    ['jwt_secrets: [{key: k}]', 'secret is missing; HS256 needs it'],
    ['jwt_secrets: [{key: k, algorithm: RS256, secret: s}]', 'rsa_public_key is missing'],
    ['jwt_secrets: [{key: k, algorithm: HS265, secret: s}]', 'did you mean HS256?'],
    ['jwt_secrets: [{key: k, algorithm: none, secret: s}]', 'one of HS256'],
    ['jwt_secrets: [{key: k, algorithm: RS256, rsa_public_key: x}]', 'holds no public key'],
    [`jwt_secrets: [{key: k, algorithm: ES256, rsa_public_key: ${pem('rsa')}}]`, 'another curve'],
    [`jwt_secrets: [{key: k, algorithm: RS256, rsa_public_key: ${pem('ed25519')}}]`, 'not of RSA'],
    [
      'jwt_secrets: [{key: k, algorithm: RS256, rsa_public_key: "-----BEGIN PRIVATE KEY-----"}]',
      'holds a private key',
    ],
    ['jwt_secrets: [{key: k, algorithm: PS256, secret: s}]', 'rsa_public_key is missing'],
    ['jwt_secrets: [{key: k, algorithm: ES256, secret: s}]', 'rsa_public_key is missing'],
    ['jwt_secrets: [{key: k, algorithm: EdDSA, secret: s}]', 'rsa_public_key is missing'],
    ['keyauth_credentials: [{key: k, ttl: -1}]', 'ttl'],
    ['basicauth_credentials: [{password: p}]', 'username is missing'],
    ['keyauth_credentials: [{}]', 'key is missing'],
    ['keyauth_credentials: [{key: ""}]', 'not empty'],
    ['basicauth_credentials: [{username: u}]', 'password is missing'],
    ['basicauth_credentials: [{username: "u:v", password: p}]', 'without a colon'],
    ['acls: [{}]', 'group is missing'],
    ['hmacauth_credentials: [{username: u}]', 'signed requests come with a later version'],
    ['oauth2_credentials: [{name: u}]', 'issues no tokens'],
    ['groups: [{name: gold}]', 'Kong Enterprise'],
  ])('is refused (§2 credentials): %s', (fields, words) => {
    expect(toldOf(`consumers: [{username: ann, ${fields}}]`)).toContain(words);
  });

  it.each([
    ['username: ann', ['ann', undefined]],
    ['custom_id: 7a', [undefined, '7a']],
    ['username: ann, custom_id: 7a, tags: [a]', ['ann', '7a']],
  ])('may have %s (§2 consumers)', (fields, names) => {
    const found = sound(`consumers: [{${fields}}]`).consumers[0];

    expect([found?.username, found?.customId]).toEqual(names);
  });

  it('has a username or a custom_id (§2 consumers)', () => {
    expect(toldOf('consumers: [{tags: [a]}]')).toContain('neither username nor custom_id');
  });

  it('owns each credential (§2 credentials)', () => {
    expect(toldOf('acls: [{group: g}]')).toContain('consumer is missing');
    expect(toldOf('acls: [{group: g, consumer: ann}]')).toContain('no such entry in consumers');
  });
});

describe('an id that is not given', () => {
  it('is the one that Kong derives from the key (§1 IDs)', () => {
    const kong = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';

    expect(service('host: h, name: users')?.id).toBe(uuidV5(uuidV5(kong, 'services'), 'users'));
    expect(consumer('tags: []')?.id).toBe(uuidV5(uuidV5(kong, 'consumers'), 'ann'));
    // RFC 9562, appendix A.4.
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('is the same at every load and another one for each, without a key too', () => {
    const body = 'routes: [{paths: [/a]}, {paths: [/b]}]\nplugins: [{name: cors}, {name: prometheus}]';
    const ids = () => {
      const { routes, plugins } = sound(body);
      return [...routes, ...plugins].map(({ id }) => id);
    };

    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(4);
  });

  it('does not tell of an API key', () => {
    const id = consumer('keyauth_credentials: [{key: abc}]')?.keyAuthCredentials[0]?.id;

    expect(consumer('keyauth_credentials: [{key: xyz}]')?.keyAuthCredentials[0]?.id).toBe(id);
  });
});
