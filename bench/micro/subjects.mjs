import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { digestOfApiKey, newApiKey } from '../../dist/contracts/api-key-text.js';
import { canonicalPath } from '../../dist/contracts/canonical-path.js';
import { Exchange } from '../../dist/contracts/exchange.js';
import { UpstreamResponse, WholeBody } from '../../dist/contracts/upstream-response.js';
import { compileKongRoutes } from '../../dist/kong/routing/compile-kong-routes.js';
import { accessLine } from '../../dist/observability/access-line.js';
import { ApiKeyMethod } from '../../dist/policies/authenticate/api-key/api-key.method.js';
import { ConsumerList } from '../../dist/policies/authenticate/consumers/consumer.list.js';
import { ConsumerReader } from '../../dist/policies/authenticate/consumers/consumer.reader.js';
import { JwtMethod } from '../../dist/policies/authenticate/jwt/jwt.method.js';
import { configureJwt } from '../../dist/policies/authenticate/jwt/jwt-configuration.js';
import { JwtVerifier } from '../../dist/policies/authenticate/jwt/jwt-verifier.js';
import { RememberingVerifier } from '../../dist/policies/authenticate/jwt/remembering-verifier.js';
import { TokenMemo } from '../../dist/policies/authenticate/jwt/token-memo.js';
import { adoptOrMint } from '../../dist/policies/correlation-id/correlation-id.js';
import { compileFilter } from '../../dist/policies/filter-response/compiled-filter.js';
import { resolveFilterResponse } from '../../dist/policies/filter-response/filter-response.options.js';
import { parseExact } from '../../dist/policies/json-body/exact-json.js';
import { Limits } from '../../dist/policies/rate-limit/limits.js';
import { resolveRateLimit } from '../../dist/policies/rate-limit/rate-limit.options.js';
import { MemoryRateLimitStore } from '../../dist/policies/rate-limit/stores/memory-rate-limit.store.js';
import { transformResponseStage } from '../../dist/policies/transform-response/transform-response.stage.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../dist/proxy/http1/response-limits.js';
import { END, ResponseParser } from '../../dist/proxy/http1/response-parser.js';
import { Breaker } from '../../dist/resilience/breaker.js';
import { BREAKER_DEFAULTS } from '../../dist/resilience/breaker.options.js';
import { parsePathPattern } from '../../dist/routing/path-pattern.js';
import { RouteMatcher } from '../../dist/routing/route-matcher.js';

const ROUTES = 500;
const ISSUER = 'https://issuer.bench.test';
const AUDIENCE = 'portcullis-bench';
const CORRELATION = '5f0e7a52-4f5b-4d0e-9f0a-7f0a6f1f2c11';
const BODY = Buffer.from(
  '{"id":"0042","name":"Ada Lovelace","email":"ada@example.org","ssn":"000-00-0000","address":{"city":"London","zip":"W1"}}',
);

/**
 * The single steps of a request: name → a function that takes one.
 *
 * They come from the compiled package, as the gateway runs them.
 *
 * @returns {{ steps: Record<string, (turn: number) => unknown>, close: () => void }}
 */
export function subjects() {
  const breaker = new Breaker('users', BREAKER_DEFAULTS);
  const steps = {
    'canonical path': () => canonicalPath('/api/users/42'),
    ...matching(),
    ...kongMatching(),
    'correlation id minted': () => adoptOrMint(['Host', 'example.org', 'Accept', '*/*']),
    'correlation id adopted': () => adoptOrMint(['Host', 'example.org', 'X-Correlation-ID', CORRELATION]),
    ...identity(),
    ...quota(),
    ...shaping(),
    'upstream response parsed': parsing(),
    'breaker passed': () => breaker.enter().succeeded(),
    'access line': logging(),
  };
  return { steps, close: () => breaker.shutdown() };
}

function matching() {
  const paths = Array.from({ length: ROUTES }, (_, i) =>
    i % 2 === 0 ? `/api/r${i}/:id` : `/api/r${i}/list`,
  );
  const matcher = new RouteMatcher(
    paths.map((path, rank) => ({
      pattern: parsePathPattern(path),
      methods: new Set(['GET']),
      rank,
      value: path,
    })),
  );
  const literal = Array.from({ length: 64 }, (_, i) => `/api/r${i * 2 + 1}/list`);
  const withParameter = Array.from({ length: 64 }, (_, i) => `/api/r${i * 2}/42`);
  return {
    [`match among ${ROUTES} routes, literal`]: (turn) => matcher.match('GET', literal[turn & 63]),
    [`match among ${ROUTES} routes, one parameter`]: (turn) => matcher.match('GET', withParameter[turn & 63]),
    [`no match among ${ROUTES} routes`]: () => matcher.match('GET', '/api/nowhere/42'),
  };
}

/** Routes of a Kong file: what decides is the length of a path and a host, not how many others there are. */
function kongMatching() {
  const prefixes = (count) =>
    kongMatcher(count, (i) => ({ paths: [`/api/${i % 2 === 0 ? 'svc' : 'app'}${i}/v1`] }));
  const [few, many] = [prefixes(10), prefixes(10_000)];
  const hosts = kongMatcher(10_000, (i) => ({ hosts: [`t${i}.example.test`], paths: ['/api'] }));
  const regexes = (count, text) => kongMatcher(count, (i) => ({ paths: [text(i)] }));
  const apart = regexes(200, (i) => `~/api/svc${i}/(?<id>[0-9]+)/orders$`);
  const together = regexes(200, (i) => `~/(?<tenant>[a-z]+)/svc${i}/orders$`);
  const request = (path, host = 'example.test') => ({
    method: 'GET',
    secure: true,
    tls: true,
    host,
    port: 443,
    path,
    headers: ['Host', host, 'Accept', '*/*'],
    sni: host,
    clientAddress: '192.0.2.1',
    clientPort: 50_000,
    localAddress: '198.51.100.1',
    localPort: 8443,
  });
  const turns = (make) => Array.from({ length: 64 }, (_, i) => make(i));
  const ofFew = turns((i) => request(`/api/${i % 2 === 0 ? 'svc' : 'app'}${i % 10}/v1/items/42`));
  const ofMany = turns((i) => {
    const n = (i * 157) % 10_000;
    return request(`/api/${n % 2 === 0 ? 'svc' : 'app'}${n}/v1/items/42`);
  });
  const ofHosts = turns((i) => request('/api/items/42', `t${(i * 157) % 10_000}.example.test`));
  const ofApart = turns((i) => request(`/api/svc${(i * 3) % 200}/42/orders`));
  const none = request('/nowhere/42/orders/x');
  return {
    'Kong: match among 10 prefixes': (turn) => few.match(ofFew[turn & 63]),
    'Kong: match among 10,000 prefixes': (turn) => many.match(ofMany[turn & 63]),
    'Kong: match among 10,000 hosts': (turn) => hosts.match(ofHosts[turn & 63]),
    'Kong: match among 200 regexes': (turn) => apart.match(ofApart[turn & 63]),
    'Kong: no match among 200 regexes of one start': () => together.match(none),
  };
}

function kongMatcher(count, sketch) {
  const routes = Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    name: `r${i}`,
    place: { file: 'kong.yml', line: i + 1, column: 1, path: `routes[${i}]` },
    protocols: ['http', 'https'],
    methods: ['GET'],
    hosts: [],
    paths: [],
    headers: {},
    snis: [],
    sources: [],
    destinations: [],
    regexPriority: 0,
    ...sketch(i),
  }));
  const { matcher, problems } = compileKongRoutes(routes);
  if (problems.length > 0) throw new Error(problems[0].message);
  return matcher;
}

function identity() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const configuration = configureJwt(
    { publicKey: pem, issuer: ISSUER, audience: AUDIENCE },
    { clockSkewSeconds: 0 },
  );
  if (Array.isArray(configuration)) throw new Error(configuration.join('\n'));
  const verifier = new JwtVerifier(configuration, {
    now: () => Date.now(),
    monotonic: () => performance.now(),
  });
  const token = signed(privateKey);
  const method = new JwtMethod(configuration);
  const onOneConnection = exchange(token);
  const cut = token.lastIndexOf('.');
  const [input, signature] = [
    Buffer.from(token.slice(0, cut)),
    Buffer.from(token.slice(cut + 1), 'base64url'),
  ];
  // More tokens than are remembered, in turn: each was forgotten when it comes again.
  const many = Array.from({ length: 128 }, (_, i) => signed(privateKey, `user-${i}`));
  const forgetful = new RememberingVerifier(verifier, new TokenMemo(64));
  return {
    'RS256 signature, crypto.verify alone': () => verify('sha256', input, publicKey, signature),
    'JWT RS256 seen for the first time': (turn) => forgetful.verify(many[turn & 127], Date.now()),
    'JWT RS256 verified': () => verifier.verify(token),
    'JWT remembered by the connection': () => method.authenticate(onOneConnection),
    'JWT remembered by its digest': () => method.authenticate(exchange(token)),
    ...apiKeys(),
  };
}

function apiKeys() {
  const keys = Array.from({ length: 1024 }, () => newApiKey());
  const reader = new ConsumerReader('bench');
  const declared = keys.map((key, i) => ({
    id: `consumer-${i}`,
    apiKeys: [{ id: `k${i}`, digest: `sha256:${digestOfApiKey(key)}` }],
  }));
  const list = new ConsumerList(reader.list(declared, 'consumers'));
  const store = { find: (digest) => list.apiKey(digest) };
  const method = new ApiKeyMethod({ in: [{ header: 'X-API-Key' }], forward: false }, store, Date);
  const withKey = (key) => {
    const made = exchange();
    made.req.rawHeaders.push('X-API-Key', key);
    return made;
  };
  const good = keys.map(withKey);
  const wrong = withKey(newApiKey());
  return {
    'API key found by its digest': (turn) => method.authenticate(good[turn & 1023]),
    'API key refused': () => method.authenticate(wrong),
  };
}

function quota() {
  const limits = new Limits(new MemoryRateLimitStore(), { throttlers: [] });
  const callers = Array.from({ length: 1024 }, (_, i) => exchange(undefined, `user-${i}`));
  const counting = (options) => {
    const limit = { limit: 1_000_000_000, window: '1m', by: 'subject', ...options };
    const { before } = limits.rateStage(resolveRateLimit(limit, JSON.stringify(options)), ROUTE);
    return (turn) => {
      const caller = callers[turn & 1023];
      caller.replyHeaders.length = 0;
      return before(caller);
    };
  };
  return {
    'rate limit by subject': counting({}),
    'rate limit by subject, calendar window': counting({ algorithm: 'calendar-window' }),
    'rate limit by subject, sliding window': counting({ algorithm: 'sliding-window' }),
    'rate limit by subject, token bucket': counting({ algorithm: 'token-bucket' }),
    'rate limit by subject, two windows': counting({ also: [{ limit: 1_000_000_000, window: '1d' }] }),
  };
}

function shaping() {
  const headers = ['content-type', 'application/json', 'server', 'nginx', 'x-internal', 'rack-7'];
  const response = new UpstreamResponse(200, headers, new WholeBody(BODY), 'users');
  const transform = transformResponseStage({ headers: { remove: ['X-Internal'] } });
  const filter = compileFilter(resolveFilterResponse({ omit: ['ssn', 'address.zip'] }));
  const asked = exchange();
  return {
    'one response header removed': () => transform(asked, response),
    'two fields filtered from a small JSON body': () => filter(parseExact(BODY)),
  };
}

function parsing() {
  const wire = Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Tue, 24 Nov 2026 04:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: keep-alive\r\nX-Internal: rack-7\r\n\r\n${BODY.toString()}`,
  );
  const parser = new ResponseParser(RESPONSE_LIMIT_DEFAULTS);
  return () => {
    parser.begin(false);
    let at = 0;
    while (parser.next(wire, at, wire.length) !== END) at = parser.at;
    return parser.head;
  };
}

function logging() {
  const finished = exchange(undefined, 'user-42');
  Object.assign(finished, {
    route: ROUTE,
    status: 200,
    upstream: 'users',
    upstreamStatus: 200,
    upstreamMs: 1.25,
    attempts: 1,
    bytesOut: 114,
  });
  return () => accessLine(finished, '2026-11-24T04:00:00.000Z', 1.5);
}

const ROUTE = Object.freeze({
  id: 'GET /api/users/:id',
  methods: ['GET'],
  path: '/api/users/:id',
  paramNames: ['id'],
  handler: 'UsersController.one',
  upstream: 'users',
  authenticated: true,
});

function exchange(token, subject) {
  const rawHeaders = ['Host', 'example.org', 'Accept', '*/*'];
  if (token !== undefined) rawHeaders.push('Authorization', `Bearer ${token}`);
  const made = new Exchange(
    { rawHeaders, socket: {} },
    {},
    'GET',
    '/api/users/42',
    '',
    '127.0.0.1',
    CORRELATION,
    0,
    undefined,
  );
  if (subject !== undefined)
    made.principal = { subject, scopes: new Set(), claims: { sub: subject }, method: 'jwt' };
  return made;
}

function signed(key, sub = 'user-42') {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: ISSUER, aud: AUDIENCE, sub, exp, scope: 'users:read' })}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}
