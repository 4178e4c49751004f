import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  GatewayModule,
  ProxyController,
  Public,
  TransformRequest,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GATEWAY_ERRORS, type GatewayErrorCode } from '../../../src/contracts/gateway-error.js';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { CertificateFiles } from '../../support/certificate.files.js';
import { ErrorsModule, EXPRESSIONS, INSIDE } from '../../support/errors.app.js';
import { type RunningGateway, startGateway, TEST_SECRET, WAYS } from '../../support/gateway.harness.js';
import { type RawAnswer, RawClient, sendRaw } from '../../support/raw.client.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { deadPort, type Script, ScriptedUpstream } from '../../support/scripted.upstream.js';
import { connectTls } from '../../support/tls.client.js';
import { bearer, token } from '../../support/tokens.js';

const PROJECT = resolve(import.meta.dirname, '../../..');
const ADMIN_TOKEN = 'an-admin-token-for-threats';

const AUTHORITY = new CertificateAuthority();
const certificates = new CertificateFiles();
for (const name of ['gateway', 'other']) certificates.put(name, AUTHORITY.issue(name, { names: [name] }));

afterAll(() => certificates.remove());

const request = (path: string, fields = '', method = 'GET'): string =>
  `${method} ${path} HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n`;
const authorized = (claims = {}): string => `Authorization: ${bearer(claims).Authorization}\r\n`;
const post = (path: string, body: string, fields = ''): string =>
  `${request(path, `Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n${fields}`, 'POST')}${body}`;

/** Everything a body of an error may say (RFC 9457), and nothing else. */
const PROBLEM = z.strictObject({
  type: z.string().regex(/^(about:blank|urn:portcullis:problem:[a-z-]+)$/),
  title: z.string().min(1),
  status: z.int().min(400).max(599),
  detail: z.string().optional(),
  code: z.enum(Object.keys(GATEWAY_ERRORS)).optional(),
  upstream: z.string().optional(),
  policy: z.string().optional(),
  reason: z
    .string()
    .regex(/^[a-z-]+$/)
    .optional(),
  correlationId: z.string().optional(),
});

/** Every field an answer of the gateway's own may have. */
const FIELDS = new Set([
  'content-type',
  'content-length',
  'cache-control',
  'date',
  'connection',
  'keep-alive',
  'x-correlation-id',
  'allow',
  'upgrade',
  'sec-websocket-version',
  'www-authenticate',
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-ratelimit-store',
]);

/** Addresses, files, frames and names of what the gateway is made of. */
const TELLTALE =
  /127\.0\.0\.1|localhost|0\.0\.0\.0|node:|node_modules|\bat \S+ \(|\.[cm]?[jt]s\b|\/(srv|work|home|usr|tmp)\/|nestjs|express|db\.internal|v?26\.\d+/i;
/** Names of system errors and classes. */
const SYSTEM_ERROR = /\bE[A-Z]{4,}\b|\bHPE_|Error\b/;

describe.each(WAYS)('errors and the admin port, %s', (way) => {
  let scripted: ScriptedUpstream;
  let echo: RecordingUpstream;
  let mute: Server;
  let running: RunningGateway;
  let ports: readonly number[];
  const answers =
    (bytes: string): Script =>
    ({ socket }) =>
      void socket.write(bytes, 'latin1');
  const OK = answers('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

  beforeAll(async () => {
    scripted = await ScriptedUpstream.start();
    echo = await RecordingUpstream.start();
    mute = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((listening) => mute.listen(0, '127.0.0.1', listening));
    const mutePort = (mute.address() as AddressInfo).port;
    const gonePort = await deadPort();
    running = await startGateway(ErrorsModule, {
      way,
      environment: {
        SCRIPTED_URL: scripted.url,
        ECHO_URL: echo.url,
        GONE_URL: `http://127.0.0.1:${gonePort}`,
        INSECURE_URL: `https://127.0.0.1:${echo.port}`,
        // Nobody is there: limits that do without it count here.
        REDIS_URL: `redis://127.0.0.1:${gonePort}`,
        MUTE_URL: `https://127.0.0.1:${mutePort}`,
        ADMIN_TOKEN,
        TLS_CERT_DIR: certificates.path,
        TLS_CLIENT_CA_FILE: certificates.write('authority.pem.off', AUTHORITY.cert),
        TLS_CLIENT_AUTH: 'optional',
        MAX_URL_BYTES: '1000',
        MAX_HEADER_COUNT: '20',
        BODY_MIN_BYTES_PER_SECOND: '1000',
        BODY_GRACE_MS: '200',
        HEADERS_TIMEOUT_MS: '400',
      },
    });
    ports = [scripted.port, echo.port, mutePort, gonePort, running.port, running.adminPort];
  });

  beforeEach(() => {
    scripted.script = OK;
    scripted.requests.length = 0;
    echo.received.length = 0;
  });

  afterAll(async () => {
    await running.close();
    await scripted.close();
    await echo.close();
    mute.close();
  });

  const send = (bytes: string): Promise<RawAnswer> => sendRaw(running.port, bytes);
  const sendWith = (script: Script, bytes: string): Promise<RawAnswer> => {
    scripted.script = script;
    return send(bytes);
  };

  function expectNothingTold(told: string): void {
    expect(told).not.toMatch(TELLTALE);
    expect(told).not.toMatch(SYSTEM_ERROR);
  }

  function expectProblem(answer: RawAnswer): z.infer<typeof PROBLEM> {
    const problem = PROBLEM.parse(answer.json());
    expect(answer.values('content-type')).toEqual(['application/problem+json']);
    expect(problem.status).toBe(answer.status);
    if (problem.correlationId !== undefined) {
      expect(answer.values('x-correlation-id')).toEqual([problem.correlationId]);
    }
    expect(answer.fields.map(([name]) => name.toLowerCase()).filter((name) => !FIELDS.has(name))).toEqual([]);
    const told = JSON.stringify(answer.fields) + answer.body.toString();
    expectNothingTold(told);
    for (const port of ports) expect(told).not.toMatch(new RegExp(`\\b${port}\\b`));
    return problem;
  }

  describe('[113] keeps the admin port to itself', () => {
    it.each(['/metrics', '/routes', '/upstreams', '/health/details', '/admin', '/admin/routes'])(
      'answers 404 to %s on the traffic port, whatever the token, the Host or the form of the target',
      async (path) => {
        const admin = `127.0.0.1:${running.adminPort}`;
        const fields = `Authorization: Bearer ${ADMIN_TOKEN}\r\n`;

        const all = await Promise.all([
          send(request(path, fields)),
          send(`GET ${path} HTTP/1.1\r\nHost: ${admin}\r\n${fields}\r\n`),
          send(`GET http://${admin}${path} HTTP/1.1\r\nHost: ${admin}\r\n${fields}\r\n`),
          send(request(path, `${fields}Connection: Upgrade\r\nUpgrade: websocket\r\n`)),
          send(request(path, `${fields}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n`)),
          send(request(path, `${fields}X-Forwarded-Host: ${admin}\r\nX-Original-URL: ${path}\r\n`)),
        ]);

        expect(all.map(({ status }) => status)).toEqual(all.map(() => 404));
        for (const answer of all) expect(expectProblem(answer).code).toBe('route-not-found');
      },
    );

    it('dials it for nobody', async () => {
      const admin = `127.0.0.1:${running.adminPort}`;

      const answer = await send(`CONNECT ${admin} HTTP/1.1\r\nHost: ${admin}\r\n\r\n`);

      expect(answer.status).toBe(405);
      expectProblem(answer);
    });

    it.each([
      ['none', ''],
      ['an empty one', 'Authorization: \r\n'],
      ['a bare scheme', 'Authorization: Bearer\r\n'],
      ['a wrong one', 'Authorization: Bearer an-admin-token-for-threatz\r\n'],
      ['the beginning of it', `Authorization: Bearer ${ADMIN_TOKEN.slice(0, -1)}\r\n`],
      ['more than it', `Authorization: Bearer ${ADMIN_TOKEN}x\r\n`],
      ['it in another scheme', `Authorization: Basic ${ADMIN_TOKEN}\r\n`],
      ['it in a field of its own', `X-Admin-Token: ${ADMIN_TOKEN}\r\n`],
      ['it in a cookie', `Cookie: token=${ADMIN_TOKEN}\r\n`],
      ['the key of the tokens', `Authorization: Bearer ${TEST_SECRET}\r\n`],
      ['a token of the traffic port', `Authorization: Bearer ${token({ admin: true })}\r\n`],
      ['a default of other gateways', 'Authorization: Bearer edd1c9f034335f136f87ad84b625c8f1\r\n'],
    ])('shows nothing to a client whose token is %s', async (_, fields) => {
      const paths = ['/routes', '/upstreams', '/unknown', `/routes?token=${ADMIN_TOKEN}`];

      const all = await Promise.all(paths.map((path) => sendRaw(running.adminPort, request(path, fields))));

      expect(all.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
      expect(new Set(all.map(({ body }) => body.toString())).size).toBe(1);
    });

    it('tells nothing of what it is made of there either', async () => {
      const all = await Promise.all([
        sendRaw(running.adminPort, request('/routes')),
        sendRaw(running.adminPort, request('/unknown', `Authorization: Bearer ${ADMIN_TOKEN}\r\n`)),
        sendRaw(running.adminPort, request('/metrics', '', 'POST')),
      ]);

      for (const answer of all) {
        const told = JSON.stringify(answer.fields) + answer.body.toString();
        expectNothingTold(told);
        expect(answer.values('server')).toEqual([]);
        expect(answer.values('x-powered-by')).toEqual([]);
      }
    });
  });

  describe('[115] routes nothing on the traffic port that nobody declared', () => {
    it.each([
      '/metrics',
      '/admin',
      '/debug',
      '/debug/pprof/',
      '/status',
      '/stats',
      '/server-status',
      '/actuator/env',
      '/api-docs',
      '/.env',
      '/health/upstreams',
      '/healthz',
    ])('%s', async (path) => {
      const answer = await send(request(path));

      expect(answer.status).toBe(404);
      expectProblem(answer);
      expect(echo.received).toHaveLength(0);
    });

    it.each(['/health', '/health/ready', '/health/live'])('and says only up or down at %s', async (path) => {
      const plain = await send(request(path));
      const asked = await send(request(`${path}?verbose=true`, 'Accept: text/html\r\nX-Debug: 1\r\n'));

      for (const answer of [plain, asked]) {
        expect([answer.status, answer.body.toString()]).toEqual([200, '{"status":"up"}']);
        expect(answer.values('server')).toEqual([]);
      }
    });
  });

  describe('[116] answers every error with one document that tells nothing of the inside', () => {
    const ERRORS: Readonly<Partial<Record<GatewayErrorCode, () => Promise<RawAnswer>>>> = {
      'bad-request': () => send('GET /errors/thrown HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'),
      'ambiguous-path': () => send(request('/errors/..%2fthrown')),
      unauthenticated: () => send(request('/private/any')),
      forbidden: () => send(request('/private/scoped', authorized())),
      'route-not-found': () => send(request('/nothing')),
      'method-not-allowed': () => send(request('/errors/thrown', '', 'DELETE')),
      'request-timeout': () => send(`${request('/errors/scripted/a', 'Content-Length: 9\r\n', 'POST')}x`),
      'length-required': () =>
        send(`${request('/errors/measured', 'Transfer-Encoding: chunked\r\n', 'POST')}1\r\nx\r\n0\r\n\r\n`),
      'body-too-large': () => send(post('/errors/small', 'x'.repeat(11))),
      'uri-too-long': () => send(request(`/errors/${'x'.repeat(1_000)}`)),
      'expectation-failed': () => send(post('/errors/scripted/a', 'x', 'Expect: the-unexpected\r\n')),
      misdirected: async () => {
        const socket = await connectTls(running.httpsPort, 'other', { ca: AUTHORITY.cert });
        const client = new RawClient(socket).send(request('/errors/thrown'));
        const answer = await client.answer();
        client.close();
        return answer;
      },
      'upgrade-required': () => send(request('/errors/switched')),
      'rate-limited': async () => {
        await send(request('/errors/counted'));
        return send(request('/errors/counted'));
      },
      'headers-too-large': () => send(request('/errors/thrown', 'X-A: a\r\n'.repeat(30))),
      internal: () => send(request('/errors/thrown')),
      'upstream-unreachable': () => send(request('/errors/gone')),
      'upstream-tls': () => send(request('/errors/insecure')),
      'upstream-reset': () => sendWith(({ socket }) => socket.destroy(), request('/errors/scripted/a')),
      'upstream-protocol': () => sendWith(answers('SSH-2.0\r\n'), request('/errors/scripted/a')),
      'upstream-body': () => sendWith(OK, request('/errors/filtered')),
      'upstream-status': () =>
        sendWith(answers('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno'), request('/errors/joined')),
      'breaker-open': async () => {
        await send(request('/errors/fragile'));
        return send(request('/errors/fragile'));
      },
      'limits-unavailable': () => send(request('/errors/uncounted')),
      'identity-unavailable': () => send(request('/errors/undecided')),
      overloaded: async () => {
        scripted.script = () => {};
        const first = new RawClient(running.port).send(request('/errors/narrow'));
        await expect.poll(() => scripted.requests.length).toBe(1);
        const answer = await send(request('/errors/narrow'));
        first.close();
        return answer;
      },
      'upstream-connect-timeout': () => send(request('/errors/mute')),
      'upstream-timeout': () => sendWith(() => {}, request('/errors/scripted/a')),
    };

    it('of which there are these', () => {
      // Nobody is left to read it.
      const never: GatewayErrorCode = 'client-closed';

      expect(Object.keys(ERRORS).concat(never).sort()).toEqual(Object.keys(GATEWAY_ERRORS).sort());
    });

    it.each(Object.entries(ERRORS))('%s', async (code, provoke) => {
      const answer = await provoke();

      const problem = expectProblem(answer);
      expect(problem.code).toBe(code);
      expect(answer.status).toBe(GATEWAY_ERRORS[code as GatewayErrorCode].status);
    });

    it.each<[string, string]>([
      ['a head that is malformed', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
      ['no HTTP at all', 'hello\r\n\r\n'],
      ['a field over the limit', request('/nothing', `X-A: ${'a'.repeat(70_000)}\r\n`)],
      ['a method nobody knows', request('/nothing', '', 'BREW')],
      ['a head that never ends', 'GET / HTTP/1.1\r\nX-A: a'],
      ["an error of a team's handler", request('/errors/thrown-as-answer')],
      ['an upstream of http-proxy-middleware that is gone', request('/errors/legacy-gone')],
    ])('and so is %s', async (_, bytes) => {
      const answer = await send(bytes);

      expectProblem(answer);
    });

    it('while the log says what happened', async () => {
      await send(request('/errors/thrown', 'X-Correlation-ID: told-inside\r\n'));

      await expect
        .poll(() => running.lines().filter((line) => line['correlationId'] === 'told-inside'))
        .toEqual(
          expect.arrayContaining([
            expect.objectContaining({ cause: expect.objectContaining({ message: INSIDE }) }),
          ]),
        );
    });

    it('names neither itself nor its parts on answers of its own', async () => {
      const all = await Promise.all([
        send(request('/health')),
        send(request('/errors/thrown', '', 'OPTIONS')),
      ]);

      for (const { fields } of all) {
        const names = fields.map(([name]) => name.toLowerCase());
        expect(names).not.toContain('server');
        expect(names).not.toContain('x-powered-by');
        expect(names).not.toContain('via');
      }
    });
  });

  describe('[114] takes values for what they are', () => {
    it('in transforms of requests and answers', async () => {
      const answer = await send(request('/echo/shaped'));

      expect(echo.last.headers['x-shaped']).toBe(EXPRESSIONS);
      expect(new URL(echo.last.url, 'http://any').searchParams.get('shaped')).toBe(EXPRESSIONS);
      expect(answer.values('x-shaped')).toEqual([EXPRESSIONS]);
    });

    it("in a client's own path, query and fields", async () => {
      const target = `/echo/$%7B7*7%7D/%23%7B7*7%7D?a=\${7*7}&b={{7*7}}&$where=sleep(1)&__proto__[x]=1`;

      await send(request(target, `X-A: ${EXPRESSIONS}\r\n`));

      expect(echo.last.url).toBe(target);
      expect(echo.last.headers['x-a']).toBe(EXPRESSIONS);
    });
  });

  describe('[118] passes bodies on untouched', () => {
    const MULTIPART =
      '--b\r\nContent-Disposition: form-data; name="a\r\nX-Injected: yes"\r\n\r\n1\r\n' +
      '--b\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\n\r\n\0\xff\r\n--x\r\n--b--\r\n';
    const BODIES: readonly (readonly [string, string, string])[] = [
      [
        'JSON with blanks, twice the same name and long numbers',
        'application/json',
        ' {"a":1 ,"a":10000000000000001}\n',
      ],
      ['JSON that is none', 'application/json', '{"a":'],
      ['JSON of one word', 'application/json', 'null'],
      ['a form', 'application/x-www-form-urlencoded', 'a=1&a=2&b=%0d%0aX-Injected:%20yes&c=\r\nX: y'],
      ['parts with line ends inside a name', 'multipart/form-data; boundary=b', MULTIPART],
      [
        'parts that never end',
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data\r\n',
      ],
      ['bytes that call themselves gzip', 'application/json\r\nContent-Encoding: gzip', '\x1f\x8b\0\0broken'],
      ['a request', 'message/http', 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'],
    ];

    it.each(
      BODIES.flatMap(([name, type, body]) => ['echo', 'legacy'].map((to) => [name, to, type, body] as const)),
    )('%s, to %s', async (_, to, type, body) => {
      const withLength = await send(post(`/${to}/body`, body, `Content-Type: ${type}\r\n`));
      const size = body.length.toString(16);
      const fields = `Content-Type: ${type}\r\nTransfer-Encoding: chunked\r\n`;
      const inChunks = await send(`${request(`/${to}/body`, fields, 'POST')}${size}\r\n${body}\r\n0\r\n\r\n`);

      expect([withLength.status, inChunks.status]).toEqual([200, 200]);
      expect(echo.received.map((received) => received.body.toString('latin1'))).toEqual([body, body]);
      expect(echo.received.map(({ headers }) => headers['content-type'])).toEqual(
        Array(2).fill(type.split('\r\n', 1)[0]),
      );
    });

    it.each([
      ['that breaks off', '{"a":'],
      ['that is none', 'a=1'],
      ['with a tail', '{"a":1}{"b":2}'],
    ])("and sends nothing of JSON %s that a team's own controller would have parsed", async (_, body) => {
      const answer = await send(post('/own/parsed', body, 'Content-Type: application/json\r\n'));

      // Its errors are Nest's own.
      expect(answer.json()).toMatchObject({ statusCode: 400, error: 'Bad Request' });
      expectNothingTold(answer.body.toString());
      expect(echo.received).toHaveLength(0);
    });
  });
});

describe('the admin port', () => {
  @Module({ imports: [GatewayModule.forRoot()] })
  class EmptyModule {}

  it('[113] stands on loopback unless it is told, and then only with a token', async () => {
    const withDefaults = await startGateway(EmptyModule, { environment: { ADMIN_HOST: undefined } });
    const elsewhere = ['0.0.0.0', '::', '192.0.2.1'].map((host) =>
      startGateway(EmptyModule, { environment: { ADMIN_HOST: host } }),
    );

    const refusals = await Promise.allSettled(elsewhere);
    const started = await withDefaults.logged('gateway.started', 1);
    await withDefaults.close();

    expect(refusals.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    for (const refusal of refusals) {
      expect(String((refusal as PromiseRejectedResult).reason)).toContain('ADMIN_TOKEN');
    }
    expect(started[0]?.['adminHost']).toBe('127.0.0.1');
  });

  it.each(['', 'admin', 'changeme', 'a token with blanks in it'])(
    '[113] takes no token like %j',
    async (weak) => {
      const environment = { ADMIN_HOST: '0.0.0.0', ADMIN_TOKEN: weak };

      await expect(startGateway(EmptyModule, { environment })).rejects.toThrow(/ADMIN_TOKEN/);
    },
  );

  it('[113] without a token answers to names of this machine only, so that no web page can read it through a name of its own', async () => {
    const running = await startGateway(EmptyModule);
    const ask = (path: string, host: string) =>
      sendRaw(running.adminPort, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const port = running.adminPort;

    const own = await Promise.all(
      [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST`, `[::1]:${port}`, '127.8.9.10'].map((host) =>
        ask('/routes', host),
      ),
    );
    const others = await Promise.all(
      [`evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '192.0.2.1', ''].map(
        (host) => ask('/routes', host),
      ),
    );
    const metrics = await ask('/metrics', 'prometheus-sees-me.example');
    await running.close();

    expect(own.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(others.map(({ status }) => status)).toEqual([421, 421, 421, 421, 421]);
    expect(metrics.status).toBe(200);
  });
});

describe('[114] the sources', () => {
  const files = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const sources = files.map((name) => ({ name, text: readFileSync(join(PROJECT, 'src', name), 'utf8') }));

  it.each([
    // Redis evaluates scripts of ours: `client.eval(`.
    ['evaluate no text', /(?<!\bclient\.)\beval\s*\(|\bnew\s+Function\b|(?<![.\w])Function\s*\(/],
    ['run no text in another context', /['"](node:)?(vm|repl|inspector)(\/\w+)?['"]/],
    ['give timers no text', /\bset(Timeout|Interval|Immediate)\(\s*['"`]/],
    ['start no process', /\b(from|import|require)\s*\(?\s*['"](node:)?(child_process|cluster)['"]/],
    [
      'render no template',
      /setViewEngine|\.render\(|['"](handlebars|mustache|ejs|pug|nunjucks|eta|liquidjs)['"]/,
    ],
  ])('%s', (_, pattern) => {
    const found = sources.filter(({ text }) => pattern.test(withoutComments(text))).map(({ name }) => name);

    expect(files.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });

  it('need no template or expression language', () => {
    const { dependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };

    const languages = Object.keys(dependencies).filter((name) =>
      /handlebars|mustache|ejs|pug|nunjucks|liquid|lodash|jsonata|jexl|jsonpath|expr|spel|template/.test(
        name,
      ),
    );

    // express is a router; nothing is rendered through it.
    expect(languages).toEqual(['@nestjs/platform-express', 'express']);
  });

  it('know one place in a value, and refuse any other at boot', async () => {
    const shaped = defineUpstream('shaped', { targets: 'http://127.0.0.1:9' });
    @Public()
    @ProxyController(shaped, 'shaped')
    class ShapedController {
      @Get()
      @TransformRequest({ headers: { set: { 'X-A': '$(whoami)' } } })
      shaped(): string {
        return 'ok';
      }
    }
    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(shaped)],
      controllers: [ShapedController],
    })
    class ShapedModule {}

    await expect(startGateway(ShapedModule)).rejects.toThrow(/\$\(whoami\)/);
  });
});

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
