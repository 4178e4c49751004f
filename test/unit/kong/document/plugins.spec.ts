import { describe, expect, it } from 'vitest';
import type { KongPluginName } from '../../../../src/kong/kong-plugins.js';
import { pluginBody, pluginConfig, sound, toldOf } from './reading.js';

const NOTHING = { headers: [], querystring: [], body: [] };
const NO_JSON = { headers: [], json: [] };
const REDIS = {
  host: 'redis',
  port: 6379,
  timeoutMs: 2000,
  username: undefined,
  password: undefined,
  database: 0,
  ssl: false,
  sslVerify: false,
  serverName: undefined,
};

describe('a plugin', () => {
  it.each<[KongPluginName, string, object]>([
    [
      'jwt',
      '{}',
      {
        uriParamNames: ['jwt'],
        cookieNames: [],
        headerNames: ['authorization'],
        keyClaimName: 'iss',
        secretIsBase64: false,
        claimsToVerify: [],
        maximumExpiration: 0,
        anonymous: undefined,
        runOnPreflight: true,
        realm: undefined,
      },
    ],
    [
      'key-auth',
      '{}',
      {
        keyNames: ['apikey'],
        keyInHeader: true,
        keyInQuery: true,
        keyInBody: false,
        hideCredentials: false,
        anonymous: undefined,
        runOnPreflight: true,
        realm: undefined,
      },
    ],
    ['basic-auth', '{}', { hideCredentials: false, anonymous: undefined, realm: 'service' }],
    [
      'acl',
      '{allow: [a]}',
      { allow: ['a'], deny: undefined, hideGroupsHeader: false, alwaysUseAuthenticatedGroups: false },
    ],
    [
      'rate-limiting',
      '{minute: 5}',
      {
        limits: { minute: 5 },
        limitBy: 'consumer',
        headerName: undefined,
        path: undefined,
        policy: 'local',
        faultTolerant: true,
        hideClientHeaders: false,
        errorCode: 429,
        errorMessage: 'API rate limit exceeded',
        syncRate: -1,
        redis: undefined,
      },
    ],
    [
      'request-transformer',
      '{}',
      {
        httpMethod: undefined,
        remove: NOTHING,
        rename: NOTHING,
        replace: { ...NOTHING, uri: undefined },
        add: NOTHING,
        append: NOTHING,
      },
    ],
    [
      'response-transformer',
      '{}',
      { remove: NO_JSON, rename: NO_JSON, replace: NO_JSON, add: NO_JSON, append: NO_JSON },
    ],
    [
      'correlation-id',
      '{}',
      { headerName: 'Kong-Request-ID', generator: 'uuid#counter', echoDownstream: false },
    ],
    [
      'cors',
      '{}',
      {
        origins: undefined,
        methods: ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'],
        headers: undefined,
        exposedHeaders: undefined,
        maxAge: undefined,
        credentials: false,
        privateNetwork: false,
        preflightContinue: false,
        allowOriginAbsent: true,
      },
    ],
    [
      'ip-restriction',
      '{deny: [10.0.0.0/8]}',
      { allow: undefined, deny: ['10.0.0.0/8'], status: 403, message: undefined },
    ],
    [
      'request-size-limiting',
      '{}',
      { allowedPayloadSize: 128, sizeUnit: 'megabytes', requireContentLength: false },
    ],
    [
      'request-termination',
      '{}',
      {
        statusCode: 503,
        message: undefined,
        body: undefined,
        contentType: undefined,
        echo: false,
        trigger: undefined,
      },
    ],
    ['file-log', '{path: /tmp/kong.log}', { path: '/tmp/kong.log', reopen: false }],
    [
      'http-log',
      '{http_endpoint: "http://logs"}',
      {
        httpEndpoint: expect.anything(),
        method: 'POST',
        contentType: 'application/json',
        timeoutMs: 10_000,
        keepaliveMs: 60_000,
        headers: {},
        queue: {
          maxBatchSize: 1,
          maxCoalescingDelaySeconds: 1,
          maxEntries: 10_000,
          maxBytes: undefined,
          maxRetryTimeSeconds: 60,
          initialRetryDelaySeconds: 0.01,
          maxRetryDelaySeconds: 60,
          concurrencyLimit: 1,
        },
      },
    ],
    [
      'prometheus',
      '{}',
      {
        perConsumer: false,
        statusCodeMetrics: false,
        latencyMetrics: false,
        bandwidthMetrics: false,
        upstreamHealthMetrics: false,
      },
    ],
  ])('has the defaults of Kong (§6 %s)', (name, config, expected) => {
    expect(pluginConfig(name, config)).toEqual(expected);
  });

  it.each<[KongPluginName, string, object]>([
    [
      'jwt',
      '{header_names: [X-Token], claims_to_verify: [exp, nbf], maximum_expiration: 60}',
      { headerNames: ['x-token'], claimsToVerify: ['exp', 'nbf'], maximumExpiration: 60 },
    ],
    ['jwt', '{uri_param_names: [], cookie_names: [T]}', { uriParamNames: [], cookieNames: ['T'] }],
    ['jwt', '{key_claim_name: kid, secret_is_base64: true}', { keyClaimName: 'kid', secretIsBase64: true }],
    ['jwt', '{run_on_preflight: false, realm: r}', { runOnPreflight: false, realm: 'r' }],
    ['key-auth', '{key_in_body: true, hide_credentials: true}', { keyInBody: true, hideCredentials: true }],
    ['basic-auth', '{realm: r, hide_credentials: true}', { realm: 'r', hideCredentials: true }],
    ['acl', '{deny: [a]}', { allow: undefined, deny: ['a'] }],
    ['acl', '{allow: [a], deny: []}', { allow: ['a'], deny: undefined }],
    ['acl', '{allow: [], deny: [a]}', { allow: undefined, deny: ['a'] }],
    [
      'acl',
      '{allow: [a], deny: null, hide_groups_header: true, always_use_authenticated_groups: true}',
      { allow: ['a'], hideGroupsHeader: true, alwaysUseAuthenticatedGroups: true },
    ],
    [
      'rate-limiting',
      '{second: 2, minute: 2, month: 3, year: 3}',
      { limits: { second: 2, minute: 2, month: 3, year: 3 } },
    ],
    ['rate-limiting', '{minute: 1, limit_by: path, path: /a}', { limitBy: 'path', path: '/a' }],
    ['rate-limiting', '{minute: 1, limit_by: service}', { limitBy: 'service' }],
    ['rate-limiting', '{minute: 1, limit_by: credential}', { limitBy: 'credential' }],
    [
      'rate-limiting',
      '{minute: 1, error_code: 503, error_message: m, hide_client_headers: true, fault_tolerant: false}',
      { errorCode: 503, errorMessage: 'm', hideClientHeaders: true, faultTolerant: false },
    ],
    [
      'rate-limiting',
      '{minute: 1, policy: redis, sync_rate: 0.02, redis: {host: redis}}',
      { syncRate: 0.02 },
    ],
    ['rate-limiting', '{minute: 1, sync_rate: -1}', { syncRate: -1 }],
    [
      'rate-limiting',
      '{minute: 1, policy: redis, redis_host: redis, redis_timeout: 1, redis_username: u, redis_ssl_verify: true, redis_server_name: n}',
      { redis: { ...REDIS, timeoutMs: 1, username: 'u', sslVerify: true, serverName: 'n' } },
    ],
    [
      'rate-limiting',
      '{minute: 1, policy: redis, redis_host: redis, redis_password: p}',
      { redis: { password: expect.anything() } },
    ],
    [
      'correlation-id',
      '{header_name: X-Id, generator: tracker, echo_downstream: true}',
      { headerName: 'X-Id', generator: 'tracker', echoDownstream: true },
    ],
    [
      'cors',
      '{origins: null, methods: [GET], credentials: true}',
      { origins: undefined, methods: ['GET'], credentials: true },
    ],
    [
      'cors',
      '{exposed_headers: [X-A], private_network: true, preflight_continue: true, allow_origin_absent: false}',
      { exposedHeaders: ['X-A'], privateNetwork: true, preflightContinue: true, allowOriginAbsent: false },
    ],
    [
      'request-size-limiting',
      '{size_unit: bytes, allowed_payload_size: 0, require_content_length: true}',
      { sizeUnit: 'bytes', allowedPayloadSize: 0, requireContentLength: true },
    ],
    ['request-termination', '{body: b, content_type: text/plain}', { body: 'b', contentType: 'text/plain' }],
    [
      'request-termination',
      '{echo: true, trigger: X-Off, status_code: 200}',
      { echo: true, trigger: expect.stringMatching(/x-off/i), statusCode: 200 },
    ],
    ['file-log', '{path: /tmp/a, reopen: true}', { reopen: true }],
    [
      'http-log',
      '{http_endpoint: "https://logs/a", method: PUT}',
      { method: 'PUT', contentType: 'application/json' },
    ],
    [
      'http-log',
      '{http_endpoint: "http://logs", queue: {max_bytes: 1, max_entries: 1, concurrency_limit: -1}}',
      { queue: expect.objectContaining({ maxBytes: 1, maxEntries: 1, concurrencyLimit: -1 }) },
    ],
    ['prometheus', '{per_consumer: true, wasm_metrics: false, ai_metrics: false}', { perConsumer: true }],
    [
      'rate-limiting',
      '{second: 1, hour: 1, policy: redis, redis: {host: Redis}}',
      { limits: { second: 1, hour: 1 }, redis: REDIS },
    ],
    [
      'rate-limiting',
      '{minute: 1, policy: redis, redis_host: redis, redis_port: 1, redis_ssl: true, redis_database: 2}',
      { redis: { ...REDIS, port: 1, ssl: true, database: 2 } },
    ],
    [
      'rate-limiting',
      '{minute: 1, policy: redis, redis: {host: redis, port: 2}, redis_port: 1}',
      { redis: { ...REDIS, port: 2 } },
    ],
    [
      'rate-limiting',
      '{minute: 1, limit_by: header, header_name: X-Plan}',
      { limitBy: 'header', headerName: 'x-plan' },
    ],
    ['rate-limiting', '{minute: 1, policy: redis, sync_rate: 0.5, redis: {host: redis}}', { syncRate: 0.5 }],
    ['rate-limiting', '{minute: 1, redis: null}', { redis: undefined }],
    [
      'request-transformer',
      '{add: {headers: ["A:b:c"], querystring: ["q:$(query_params.p)"]}, replace: {uri: "/v2/$(uri_captures.id)"}}',
      {
        add: {
          ...NOTHING,
          headers: [{ name: 'A', value: 'b:c' }],
          querystring: [{ name: 'q', value: '$(query_params.p)' }],
        },
        replace: { ...NOTHING, uri: '/v2/$(uri_captures.id)' },
      },
    ],
    [
      'request-transformer',
      '{add: {headers: ["A:$(headers[\\"x-b\\"]) $(uri_captures[1])"]}}',
      { add: { ...NOTHING, headers: [{ name: 'A', value: '$(headers["x-b"]) $(uri_captures[1])' }] } },
    ],
    [
      'request-transformer',
      '{remove: {headers: [A]}, rename: {headers: ["A:B"]}}',
      {
        remove: { ...NOTHING, headers: ['A'] },
        rename: { ...NOTHING, headers: [{ name: 'A', value: 'B' }] },
      },
    ],
    [
      'response-transformer',
      '{add: {json: ["a:1", "b:x"], json_types: [number]}}',
      {
        add: {
          headers: [],
          json: [
            { name: 'a', value: '1', type: 'number' },
            { name: 'b', value: 'x', type: undefined },
          ],
        },
      },
    ],
    [
      'cors',
      '{origins: ["https://a.example", "*"], headers: [], max_age: 60}',
      { origins: ['https://a.example', '*'], headers: undefined, maxAge: 60 },
    ],
    [
      'ip-restriction',
      '{allow: ["::1", 10.0.0.1], deny: [10.0.0.0/8], status: 404}',
      { allow: ['::1', '10.0.0.1'], deny: ['10.0.0.0/8'], status: 404 },
    ],
    [
      'http-log',
      '{http_endpoint: "http://logs", queue_size: 50, flush_timeout: 2, queue: {max_batch_size: 5}}',
      { queue: expect.objectContaining({ maxBatchSize: 50, maxCoalescingDelaySeconds: 1 }) },
    ],
    [
      'http-log',
      '{http_endpoint: "http://logs", retry_count: 10, queue_size: 1, queue: {max_batch_size: 5}}',
      { queue: expect.objectContaining({ maxBatchSize: 5 }) },
    ],
  ])('is read as Kong reads it (§6 %s): %s', (name, config, expected) => {
    expect(pluginConfig(name, config)).toMatchObject(expected);
  });

  it.each([
    ['jwt', '{claims_to_verify: [iat]}', 'one of exp, nbf'],
    ['jwt', '{maximum_expiration: 60}', 'needs exp in claims_to_verify'],
    ['jwt', '{maximum_expiration: 60, claims_to_verify: [nbf]}', 'needs exp in claims_to_verify'],
    ['jwt', '{maximum_expiration: -1}', 'maximum_expiration'],
    ['jwt', '{secret_is_base64: 1}', 'true or false'],
    ['basic-auth', '{anonymous: bob}', 'names no consumer of the files'],
    ['key-auth', '{anonymous: bob}', 'names no consumer of the files'],
    ['acl', '{allow: []}', 'has neither allow nor deny'],
    ['acl', '{allow: [], deny: []}', 'has neither allow nor deny'],
    ['acl', '{whitelist: [a]}', 'whitelist'],
    ['rate-limiting', '{second: -1}', 'a number above 0'],
    ['rate-limiting', '{minute: 5, year: 4}', 'year is 4, less than the 5 for each minute'],
    ['rate-limiting', '{minute: 1, limit_by: user}', 'one of consumer'],
    ['rate-limiting', '{minute: 1, error_code: 200.5}', 'error_code'],
    [
      'rate-limiting',
      '{minute: 1, policy: redis, sync_rate: 0.01, redis: {host: a}}',
      'must be -1, or seconds from 0.02',
    ],
    ['rate-limiting', '{minute: 1, redis: {host: a, port: 70000}}', 'port'],
    ['request-transformer', '{replace: {querystring: [a]}}', 'has no colon'],
    ['request-transformer', '{rename: {querystring: [a]}}', 'has no colon'],
    ['request-transformer', '{append: {body: [a]}}', 'has no colon'],
    ['request-transformer', '{add: {uri: /a}}', 'uri'],
    ['response-transformer', '{append: {headers: [a]}}', 'has no colon'],
    ['response-transformer', '{rename: {json: [a]}}', 'has no colon'],
    ['response-transformer', '{remove: {body: [a]}}', 'body'],
    ['cors', '{credentials: "yes"}', 'true or false'],
    ['request-size-limiting', '{allowed_payload_size: -1}', 'allowed_payload_size'],
    ['ip-restriction', '{allow: [a:b], status: 1000}', 'a CIDR range'],
    ['http-log', '{http_endpoint: "http://a", queue: {max_batch_size: 0}}', 'max_batch_size'],
    ['prometheus', '{wasm_metrics: true}', 'wasm_metrics'],
    ['jwt', '{header_names: [], uri_param_names: []}', 'has no place to find a token'],
    ['jwt', '{anonymous: bob}', 'names no consumer of the files'],
    ['jwt', '{run_on_preflight: null}', 'leave it out for the default'],
    ['key-auth', '{key_names: []}', 'and not empty'],
    ['key-auth', '{key_names: ["a b"]}', 'the name of a header'],
    ['key-auth', '{key_in_header: false, key_in_query: false}', 'has no place to find a key'],
    ['basic-auth', '{hide_credential: true}', 'did you mean hide_credentials?'],
    ['acl', '{}', 'has neither allow nor deny'],
    ['acl', '{allow: [a], deny: [b]}', 'has both allow and deny'],
    ['rate-limiting', '{}', 'has no limit'],
    ['rate-limiting', '{minute: 0}', 'a number above 0'],
    ['rate-limiting', '{minute: "5"}', 'minute is "5"; must be a number above 0'],
    ['ip-restriction', '{allow: [], deny: []}', 'has neither allow nor deny'],
    ['rate-limiting', '{second: 5, hour: 4}', 'hour is 4, less than the 5 for each second'],
    ['rate-limiting', '{minute: 1, limit_by: header}', 'header_name is missing'],
    ['rate-limiting', '{minute: 1, limit_by: path}', 'path is missing'],
    ['rate-limiting', '{minute: 1, policy: cluster}', 'must be local, or redis'],
    ['rate-limiting', '{minute: 1, policy: rediss}', 'did you mean redis?'],
    ['rate-limiting', '{minute: 1, sync_rate: 1}', 'for policy: redis alone'],
    [
      'rate-limiting',
      '{minute: 1, policy: redis, sync_rate: 0, redis: {host: a}}',
      'must be -1, or seconds from 0.02',
    ],
    [
      'rate-limiting',
      '{minute: 1, redis: {sentinel_nodes: [{host: a}]}}',
      'REDIS_URL names groups of Sentinel',
    ],
    ['request-transformer', '{http_method: post}', 'a method in capitals'],
    ['request-transformer', '{add: {headers: [a]}}', 'has no colon'],
    ['request-transformer', '{add: {headers: ["a:"]}}', 'nothing before or behind its colon'],
    ['request-transformer', '{add: {headers: ["a b:c"]}}', 'does not begin with the name of a header'],
    ['request-transformer', '{add: {headers: ["a:b\\r\\nc: d"]}}', 'a line break or a control character'],
    ['request-transformer', '{rename: {headers: ["a:b c"]}}', 'does not end with the name of a header'],
    ['request-transformer', '{rename: {body: ["a:$(headers.x)"]}}', 'the same for each request'],
    ['request-transformer', '{replace: {uri: v2}}', 'begins with /'],
    [
      'request-transformer',
      '{add: {headers: ["a:$(headers.x or y)"]}}',
      '$(headers.x or y), which needs Lua',
    ],
    ['request-transformer', '{add: {querystring: ["a:$(shared.x)"]}}', 'needs Lua'],
    ['request-transformer', '{add: {body: ["a:$((function() return 1 end)())"]}}', 'needs Lua'],
    ['request-transformer', '{add: {body: ["a:$(uuid"]}}', 'needs Lua'],
    ['response-transformer', '{add: {json: ["a:1"], json_types: [int]}}', 'one of boolean, number, string'],
    ['response-transformer', '{add: {json: ["a:1"], json_types: [number, number]}}', 'one for each at most'],
    ['correlation-id', '{generator: uid}', 'did you mean uuid?'],
    ['correlation-id', '{header_name: "a b"}', 'the name of a header'],
    ['cors', '{methods: [get]}', 'did you mean GET?'],
    ['cors', '{max_age: -1}', '0–2147483648'],
    ['ip-restriction', '{}', 'has neither allow nor deny'],
    ['ip-restriction', '{allow: [10.0.0.0/33]}', 'a CIDR range'],
    ['ip-restriction', '{allow: [example.com]}', 'a CIDR range'],
    ['request-size-limiting', '{size_unit: mb}', 'one of megabytes, kilobytes, bytes'],
    ['request-size-limiting', '{allowed_payload_size: 1.5}', 'a whole number'],
    ['request-termination', '{status_code: 99}', '100–599'],
    ['request-termination', '{message: a, body: b}', 'stands beside body or content_type'],
    ['request-termination', '{content_type: text/plain}', 'of no use without body'],
    ['request-termination', '{echo: true, body: b}', 'the answer is the request'],
    ['file-log', '{}', 'path is missing'],
    ['file-log', '{path: /tmp/../etc/passwd}', 'without ..'],
    ['file-log', '{path: /a, custom_fields_by_lua: {a: "return 1"}}', 'is Lua, which is not run here'],
    ['http-log', '{}', 'http_endpoint is missing'],
    ['http-log', '{http_endpoint: "ftp://a"}', 'a URL of http or https'],
    ['http-log', '{http_endpoint: "http://a", method: GET}', 'one of POST, PUT, PATCH'],
    ['http-log', '{http_endpoint: "http://a", headers: {Host: a}}', 'may not be set'],
    ['http-log', '{http_endpoint: "http://u:p@a", headers: {Authorization: b}}', 'keep one of them'],
    ['http-log', '{http_endpoint: "http://a", queue: {concurrency_limit: 2}}', 'one of 1, -1'],
    ['http-log', '{http_endpoint: "http://a", custom_fields_by_lua: {a: "return 1"}}', 'is Lua'],
    ['prometheus', '{ai_metrics: true}', 'language models'],
    ['prometheus', '{per_consumer: 1}', 'true or false'],
  ])('is refused (§6 %s): %s', (name, config, words) => {
    expect(toldOf(pluginBody(name, config))).toContain(words);
  });

  it.each([
    ['rate-limiting', '{minute: 1, policy: redis}', 'REDIS_URL is used'],
    ['request-transformer', '{add: {headers: ["a:$(uuid)"]}}', 'holds $(uuid)'],
  ])(
    'is told of where it differs from Kong, and is refused when Kong is followed strictly (§6 %s)',
    (name, config, words) => {
      expect(sound(pluginBody(name, config)).plugins).toHaveLength(1);
      expect(toldOf(pluginBody(name, config))).toContain(words);
      expect(() => sound(pluginBody(name, config), { strict: true })).toThrow(
        name === 'rate-limiting' ? 'host is missing' : words,
      );
    },
  );

  it('is warned of tokens that never end (§6 jwt)', () => {
    expect(toldOf(pluginBody('jwt'))).toContain('does not hold exp');
    expect(toldOf(pluginBody('jwt', '{claims_to_verify: [exp]}'))).toBe('');
  });

  it('names the consumer that stands in for nobody by id or username (§2)', () => {
    const id = sound('consumers: [{username: ann}]').consumers[0]?.id ?? '';

    expect(pluginConfig('jwt', '{anonymous: ann}').anonymous).toBe(id);
    expect(pluginConfig('key-auth', `{anonymous: ${id}}`).anonymous).toBe(id);
    expect(pluginConfig('basic-auth', '{anonymous: null}').anonymous).toBeUndefined();
  });

  it.each(['jwt', 'key-auth', 'basic-auth', 'acl', 'cors'])('may not be at a consumer: %s', (name) => {
    const body = `plugins: [{name: ${name}, consumer: ann, config: {${name === 'acl' ? 'allow: [a]' : ''}}}]\nconsumers: [{username: ann}]`;

    expect(toldOf(body)).toContain(`may not be set for ${name}`);
  });

  it.each([
    [
      'where it is nested',
      'services: [{name: s, host: h, routes: [{name: r, paths: [/a], plugins: [{name: prometheus}]}], plugins: [{name: prometheus}]}]\nconsumers: [{username: c, plugins: [{name: prometheus}]}]',
    ],
    [
      'by what it names',
      'services: [{name: s, host: h, routes: [{name: r, paths: [/a]}]}]\nconsumers: [{username: c}]\nplugins: [{name: prometheus, route: r}, {name: prometheus, service: {name: s}}, {name: prometheus, consumer: c}]',
    ],
  ])('has its scope %s (§2 plugins)', (_how, body) => {
    const { plugins, routes, services, consumers } = sound(body);

    const scopes = plugins.map(({ route, service, consumer }) => ({ route, service, consumer }));
    const none = { route: undefined, service: undefined, consumer: undefined };
    expect(scopes).toHaveLength(3);
    expect(scopes).toContainEqual({ ...none, route: routes[0]?.id });
    expect(scopes).toContainEqual({ ...none, service: services[0]?.id });
    expect(scopes).toContainEqual({ ...none, consumer: consumers[0]?.id });
  });

  it('may have several scopes at once, and be nested in one of them (§2 plugins)', () => {
    const [plugin] = sound(
      'services: [{name: s, host: h, plugins: [{name: prometheus, consumer: c}]}]\nconsumers: [{username: c}]',
    ).plugins;

    expect([plugin?.service, plugin?.consumer].every((id) => id !== undefined)).toBe(true);
  });

  it('has the protocols of HTTP, beside which those of streams do no harm (§2 plugins)', () => {
    expect(sound('plugins: [{name: cors}]').plugins[0]?.protocols).toEqual([
      'grpc',
      'grpcs',
      'http',
      'https',
    ]);
    expect(sound('plugins: [{name: prometheus, protocols: [https, tcp]}]').plugins[0]?.protocols).toEqual([
      'https',
    ]);
    expect(toldOf('plugins: [{name: prometheus, protocols: [https, tcp]}]')).toBe('');
    expect(toldOf('plugins: [{name: prometheus, protocols: [tcp, udp]}]')).toContain('has tcp, udp alone');
  });

  it.each([
    ['rate-limitng', 'did you mean rate-limiting?'],
    ['openid-conect', 'did you mean openid-connect?'],
    ['my-company-plugin', 'Lua of your own is not run here'],
    ['constructor', 'which is no plugin of Kong'],
    ['openid-connect', 'Kong Enterprise and not carried out here; tokens are verified by jwt'],
    ['rate-limiting-advanced', '@RateLimit with a sliding window'],
    ['pre-function', 'it runs Lua'],
    ['post-function', 'it runs Lua'],
    ['proxy-cache', 'there is nothing in its place yet'],
    ['ai-rag-injector', 'language models'],
  ])('that is not carried out is refused with what there is instead (§6): %s', (name, words) => {
    expect(toldOf(`plugins: [{name: ${name}}]`)).toContain(words);
  });

  it.each([
    ['ordering: {before: {access: [jwt]}}', 'Kong Enterprise'],
    ['consumer_group: gold', 'Kong Enterprise'],
    ['config: [a]', 'config is a list; must be a map'],
    ['enabled: "yes"', 'true or false'],
    ['route: nowhere', 'no such entry in routes'],
  ])('is refused for %s (§2 plugins)', (field, words) => {
    expect(toldOf(`plugins: [{name: cors, ${field}}]`)).toContain(words);
  });
});
