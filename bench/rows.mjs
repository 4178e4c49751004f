import { askHttp2 } from './http2.client.mjs';
import { API_KEY, MEGABYTE } from './layout.mjs';
import { ensureApiKey, ensureTokens, firstToken } from './tokens.mjs';

const TOKENS_IN_TURN = 10_000;

/**
 * The rows of the table: which path, which tokens, who stands in it, and what is asked of an answer first.
 * `secure` rows come by TLS, and `http2` rows over HTTP/2 in it. `redis` rows have a Redis of their own. A `subject`
 * stands in place of the usual one. `limited` rows are about a limit; `unlimitedPath` has none.
 *
 * `newTokens` rows spend a token a request; how many depends on how long a run is.
 */
export const ROWS = {
  bare: {
    title: 'bare: forwarding and nothing else',
    path: '/bare/users/42',
    peers: [
      'portcullis-again',
      'nginx',
      'haproxy-bare',
      'caddy',
      'fast-gateway',
      'fastify-http-proxy',
      'nest-express-hpm',
    ],
    latency: true,
  },
  full1: {
    title: 'full, one token',
    path: '/full/users/42',
    peers: ['portcullis-again', 'haproxy-full'],
    tokens: { file: 'one', count: 1 },
    latency: true,
  },
  full10k: {
    title: 'full, 10,000 tokens in turn',
    path: '/full/users/42',
    peers: ['haproxy-full'],
    tokens: { file: 'turn', count: TOKENS_IN_TURN },
  },
  fullnew: {
    title: 'full, a new token each request',
    path: '/full/users/42',
    peers: ['haproxy-full'],
    tokens: { file: 'new', newEachRequest: true },
  },
  token: {
    title: 'what identity costs: full, one token',
    path: '/full/users/42',
    peers: ['portcullis-open'],
    tokens: { file: 'one', count: 1 },
  },
  key: {
    title: 'what identity costs: full, one API key',
    path: '/keyed/users/42',
    peers: ['portcullis-open'],
    apiKey: true,
  },
  megabyte: {
    title: 'one megabyte: bare, a body of 1 MiB',
    path: '/bare/megabyte',
    bytes: MEGABYTE,
    peers: ['portcullis-again', 'nginx', 'haproxy-bare'],
  },
  tls: {
    title: 'TLS: bare over HTTP/1.1 and TLS 1.3',
    path: '/bare/users/42',
    secure: true,
    peers: ['portcullis-again', 'nginx'],
  },
  http2: {
    title: 'HTTP/2: bare over HTTP/2 and TLS 1.3',
    path: '/bare/users/42',
    secure: true,
    http2: true,
    peers: ['portcullis-again', 'nginx'],
  },
  'http2-megabyte': {
    title: 'one megabyte over HTTP/2: bare over TLS 1.3, a body of 1 MiB',
    path: '/bare/megabyte',
    bytes: MEGABYTE,
    secure: true,
    http2: true,
    peers: ['portcullis-again', 'nginx'],
  },
  interpreted: {
    title: "interpreted: full with one guard of the team's own, one token",
    path: '/interpreted/users/42',
    peers: ['portcullis-again', 'nest-express-hpm'],
    tokens: { file: 'one', count: 1 },
    latency: true,
  },
  websocket: {
    title: 'WebSocket: messages of 114 bytes and their echo, for each such pair',
    path: '/socket/echo',
    webSocket: true,
    peers: ['portcullis-again', 'nginx'],
  },
  limit: {
    title: 'what a limit costs: full, one token, counted in memory',
    path: '/full/users/42',
    unlimitedPath: '/unlimited/users/42',
    limited: true,
    peers: ['portcullis-unlimited'],
    tokens: { file: 'one', count: 1 },
    latency: true,
  },
  'limit-bare': {
    title: 'limit: bare and a limit by address, counted in memory',
    path: '/limited/users/42',
    unlimitedPath: '/bare/users/42',
    limited: true,
    peers: ['portcullis-unlimited', 'nginx', 'haproxy-limit'],
    latency: true,
  },
  'limit-redis': {
    title: 'limit in Redis: bare and a limit by address, the others in their memory',
    subject: 'portcullis-redis',
    path: '/limited/users/42',
    unlimitedPath: '/bare/users/42',
    limited: true,
    redis: true,
    peers: ['portcullis-unlimited', 'portcullis', 'nginx', 'haproxy-limit'],
    latency: true,
  },
  'limit-hybrid': {
    title: 'what a limit in Redis costs by leases: full, one token',
    subject: 'portcullis-redis',
    path: '/leased/users/42',
    unlimitedPath: '/unlimited/users/42',
    limited: true,
    redis: true,
    peers: ['portcullis-unlimited'],
    tokens: { file: 'one', count: 1 },
    latency: true,
  },
  kong: {
    title: 'declarative: a route of a kong.yml beside the same in code',
    subject: 'portcullis-kong',
    path: '/bare/users/42',
    peers: ['portcullis'],
    latency: true,
  },
};

const API_KEY_FIELD = 'X-API-Key: ';

const pathOf = ({ openPath, unlimited }, { path, unlimitedPath = path }) =>
  openPath ?? (unlimited ? unlimitedPath : path);

function credentialsFor({ openPath }, { apiKey }, token) {
  if (openPath !== undefined) return {};
  if (apiKey) return { 'x-api-key': API_KEY };
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** More requests a second than any gateway verifies tokens on one core. */
const MOST_VERIFIED_PER_S = 25_000;

/**
 * What to send in a row, as a function of the gateway and the seconds.
 *
 * With a new token for each request every gateway walks through the same file, each at its own place.
 */
export async function prepareTraffic(row, { rounds, seconds, warmSeconds }) {
  const { path, tokens, webSocket, http2 } = row;
  if (row.apiKey) {
    const file = ensureApiKey();
    const traffic = { path, tokens: file, first: 0, count: 1, field: API_KEY_FIELD };
    return { trafficFor: ({ openPath }) => (openPath === undefined ? traffic : { path: openPath }) };
  }
  if (tokens === undefined) {
    return { trafficFor: (gateway) => ({ path: pathOf(gateway, row), webSocket, http2 }), token: undefined };
  }
  if (!tokens.newEachRequest) {
    const file = await ensureTokens(tokens.file, tokens.count);
    return {
      trafficFor: (gateway) => {
        const path = pathOf(gateway, row);
        return gateway.openPath === undefined
          ? { path, tokens: file, first: 0, count: tokens.count }
          : { path };
      },
      token: firstToken(file),
    };
  }
  const total = Math.ceil((rounds * seconds + warmSeconds) * MOST_VERIFIED_PER_S);
  const file = await ensureTokens(tokens.file, total);
  const spent = new Map();
  return {
    token: firstToken(file),
    trafficFor: (gateway, forSeconds) => {
      const first = spent.get(gateway.name) ?? 0;
      const count = Math.ceil(forSeconds * MOST_VERIFIED_PER_S);
      spent.set(gateway.name, first + count);
      return { path, tokens: file, first, count, usedOnce: true };
    },
  };
}

/** Asks a gateway what it will be measured at: nobody is measured while refusing, or without a policy. */
export async function verify(gateway, row, token) {
  // Its load counts echoes of the right length, and fails where a handshake is refused.
  if (row.webSocket) return;
  const path = pathOf(gateway, row);
  const url = gateway.url + path;
  const fail = (what) => {
    throw new Error(`${gateway.label} on ${path}: ${what}`);
  };
  const answer = row.http2
    ? await askHttp2(gateway.url, row.path)
    : await fetch(url, { headers: credentialsFor(gateway, row, token) });
  if (answer.status !== 200) fail(`answers ${answer.status} ${await answer.text()}`);
  if (row.bytes !== undefined) {
    if ((await answer.arrayBuffer()).byteLength !== row.bytes) fail('answers a body of another length');
    return;
  }
  if ((await answer.json()).name !== 'Ada Lovelace') fail('answers another body');
  if (row.limited && gateway.adminUrl !== undefined) verifyLimit(gateway, answer.headers, fail);
  if (token === undefined || gateway.openPath !== undefined) return;
  if (answer.headers.has('x-internal')) fail('lets X-Internal through');
  if (!answer.headers.has('x-correlation-id')) fail('has no X-Correlation-ID');
  const refusals = {
    'no token': {},
    'a token of another signature': { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` },
  };
  for (const [what, headers] of Object.entries(refusals)) {
    const refused = await fetch(url, { headers });
    await refused.arrayBuffer();
    if (refused.status !== 401) fail(`answers ${refused.status} to ${what}`);
  }
}

/** Portcullis tells of a limit in each answer. */
function verifyLimit({ unlimited = false }, headers, fail) {
  if (headers.has('ratelimit') === unlimited) fail(unlimited ? 'has a limit' : 'has no RateLimit');
  if (headers.has('x-ratelimit-store')) fail(`counts in ${headers.get('x-ratelimit-store')}`);
}

/** More decisions without Redis than this, and the row would be about something else. */
const MOST_UNSHARED = 0.01;

/** Asks after a load whether Redis has decided: a gateway that lost it goes on in its own memory. */
export async function verifyCounting({ label, countsInRedis, adminUrl }) {
  if (!countsInRedis) return;
  const answer = await fetch(`${adminUrl}/metrics`);
  const metrics = await answer.text();
  const unshared = total(metrics, 'portcullis_limits_store_bypassed_total');
  const share = unshared / total(metrics, 'http_server_request_duration_count');
  if (share > MOST_UNSHARED) {
    throw new Error(`${label}: ${(share * 100).toFixed(1)}% of the requests were decided without Redis.`);
  }
}

/** The sum of a metric over its labels. */
function total(metrics, name) {
  const values = metrics.split('\n').filter((line) => line.startsWith(`${name}{`));
  if (values.length === 0) throw new Error(`There is no ${name}.`);
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
