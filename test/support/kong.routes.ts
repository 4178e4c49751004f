import type { KongRoute, KongService } from '../../src/kong/kong-configuration.js';
import type { KongRequest } from '../../src/kong/routing/kong-request.js';

/** What a test says of a route; everything else is as Kong has it by default. */
export type RouteSketch = Partial<KongRoute> & { readonly name: string };

/** A service with what the test says of it, and Kong's defaults. */
export function kongService(sketch: Partial<KongService> = {}): KongService {
  return {
    id: 'service',
    tags: [],
    place: { file: 'kong.yml', line: 2, column: 3, path: 'services[0]' },
    name: 'service',
    protocol: 'http',
    host: 'upstream.test',
    port: 80,
    path: undefined,
    retries: 5,
    connectTimeoutMs: 60_000,
    writeTimeoutMs: 60_000,
    readTimeoutMs: 60_000,
    tlsVerify: undefined,
    enabled: true,
    ...sketch,
  };
}

const SERVICE = kongService();
export const DISABLED_SERVICE = kongService({ id: 'disabled', name: 'disabled', enabled: false });

/** A route in the same way. */
export function kongRoute(sketch: RouteSketch): KongRoute {
  return {
    id: 'route',
    tags: [],
    place: { file: 'kong.yml', line: 10, column: 5, path: 'services[0].routes[0]' },
    protocols: ['http', 'https'],
    methods: [],
    hosts: [],
    paths: [],
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
    service: SERVICE,
    ...sketch,
  };
}

/** Routes in the order of a file. */
export function kongRoutes(sketches: readonly RouteSketch[]): KongRoute[] {
  return sketches.map((sketch, i) => {
    const place = { file: 'kong.yml', line: 10 + i, column: 5, path: `services[0].routes[${i}]` };
    return kongRoute({ id: `route-${i}`, place, ...sketch });
  });
}

/** A request by its method and URL: `GET https://example.com:8443/a`. Header fields and the rest beside it. */
export function kongRequest(line: string, others: Partial<KongRequest> = {}): KongRequest {
  const [, method = '', scheme = '', host = '', port, path = ''] =
    /^(\S+) (https?):\/\/(\[[^\]]*\]|[^/:]*)(?::(\d+))?(\/.*)$/.exec(line) ?? [];
  const secure = scheme === 'https';
  return {
    method,
    secure,
    tls: secure,
    host,
    port: port === undefined ? (secure ? 443 : 80) : Number(port),
    path,
    headers: [],
    sni: undefined,
    clientAddress: '192.0.2.10',
    clientPort: 50_000,
    localAddress: '198.51.100.1',
    localPort: 8080,
    ...others,
  };
}
