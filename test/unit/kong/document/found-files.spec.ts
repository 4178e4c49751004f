// biome-ignore-all lint/suspicious/noTemplateCurlyInString: files of others hold them
import { describe, expect, it } from 'vitest';
import { readBody, sound, told, toldOf } from './reading.js';

/** Whole configurations with every field that decK writes, for plugins whose nulls it keeps. */
const DUMPED: readonly (readonly [name: string, config: string])[] = [
  [
    'ip-restriction',
    '{allow: [10.0.0.0/8], deny: null, message: null, status: null}, protocols: [grpc, grpcs, http, https, tcp, tls]',
  ],
  [
    'key-auth',
    '{anonymous: null, hide_credentials: false, identity_realms: [{id: null, region: null, scope: cp}], key_in_body: false, key_in_header: true, key_in_query: true, key_names: [apikey], realm: null, run_on_preflight: true}, protocols: [grpc, grpcs, http, https, ws, wss]',
  ],
  [
    'basic-auth',
    '{anonymous: null, brute_force_protection: {strategy: off}, hide_credentials: false, realm: service}',
  ],
  [
    'acl',
    '{allow: [g], always_use_authenticated_groups: false, deny: null, hide_groups_header: false, include_consumer_groups: false}',
  ],
  [
    'rate-limiting',
    '{day: null, error_code: 429, error_message: no, fault_tolerant: true, header_name: null, hide_client_headers: false, hour: null, limit_by: consumer, minute: 5, month: null, path: null, policy: local, redis: {database: 0, host: null, password: null, port: 6379, server_name: null, ssl: false, ssl_verify: false, timeout: 2000, username: null}, redis_database: 0, redis_host: null, redis_password: null, redis_port: 6379, redis_server_name: null, redis_ssl: false, redis_ssl_verify: false, redis_timeout: 2000, redis_username: null, second: null, sync_rate: -1, year: null}',
  ],
  [
    'http-log',
    '{content_type: application/json, custom_fields_by_lua: {}, flush_timeout: null, headers: {}, http_endpoint: "http://logs:3100", keepalive: 60000, method: POST, queue: {concurrency_limit: 1, initial_retry_delay: 0.01, max_batch_size: 1, max_bytes: null, max_coalescing_delay: 1, max_entries: 10000, max_retry_delay: 60, max_retry_time: 60}, queue_size: null, retry_count: null, timeout: 10000}',
  ],
];

describe('a file as decK dumps it', () => {
  it.each(DUMPED)('is taken with the defaults and nulls of %s (§6)', (name, config) => {
    const body = `plugins: [{name: ${name}, instance_name: null, ordering: null, tags: null, config: ${config}}]`;

    expect(toldOf(body)).toBe('');
    expect(sound(body).plugins).toHaveLength(1);
  });

  it('is taken without plugins that are switched off, and says so (§6 Enterprise-only names)', () => {
    const body = 'plugins: [{name: opa, enabled: false, config: {opa_host: a}}, {name: cors}]';

    expect(sound(body).plugins.map(({ name }) => name)).toEqual(['cors']);
    expect(toldOf(body)).toContain('it is switched off, so it is left out');
  });

  it('is refused for a plugin nobody knows, switched off or not', () => {
    expect(told(readBody('plugins: [{name: corz, enabled: false}]').problems)).toContain('no plugin of Kong');
  });
});

describe('a file that a script fills in', () => {
  it.each([
    ['a key', 'consumers: [{username: a, keyauth_credentials: [{key: $SUPABASE_ANON_KEY}]}]'],
    ['a key in braces', 'consumers: [{username: a, keyauth_credentials: [{key: "${KEY}"}]}]'],
    [
      'a password',
      "consumers: [{username: a, basicauth_credentials: [{username: b, password: '$PASSWORD'}]}]",
    ],
    ['a header', 'plugins: [{name: request-transformer, config: {add: {headers: ["A: $LUA_EXPR"]}}}]'],
  ])('is warned of where %s was left unfilled', (_where, body) => {
    expect(readBody(body).configuration).toBeDefined();
    expect(toldOf(body)).toContain('holds a $NAME that nobody filled in');
  });

  it.each([
    ['a template', 'plugins: [{name: request-transformer, config: {add: {headers: ["A:$(headers.b)"]}}}]'],
    ['the end of a regex', 'plugins: [{name: cors, config: {origins: [".*\\\\.example\\\\.com$"]}}]'],
    [
      'a password with a dollar',
      'consumers: [{username: a, jwt_secrets: [{key: k, secret: "pa$SWORD$1-0123456789-0123456789"}]}]',
    ],
  ])('is not seen in %s', (_where, body) => {
    expect(readBody(body).configuration).toBeDefined();
    expect(toldOf(body)).not.toContain('nobody filled in');
  });
});

describe('a file of something else', () => {
  it('is called a manifest of Kubernetes when it is one, and nothing more', () => {
    const { problems } = readBody('apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nplugin: cors');

    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('a manifest of Kubernetes'),
    ]);
  });

  it.each(['ip-restriction', 'acl'])('of Kong 2 learns the new names of the lists of %s', (name) => {
    expect(toldOf(`plugins: [{name: ${name}, config: {whitelist: [a]}}]`)).toContain(
      'whitelist is the name that Kong had before 3.0; write allow.',
    );
  });
});
