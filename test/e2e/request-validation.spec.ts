import { All, Module, Req } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { type RawAnswer, RawClient } from '../support/raw.client.js';
import { WireUpstream } from '../support/wire.upstream.js';

const FILES = defineUpstream('file-service', { targets: env('UPSTREAM_URL') });

@ProxyController(FILES, 'files')
@Public()
class FilesController {
  constructor(@InjectUpstream(FILES) private readonly files: UpstreamClient) {}

  @All(['', '*path'])
  all(@Forward() call: ForwardCall) {
    return this.files.forward(call);
  }
}

@ProxyController(FILES, 'seen')
@Public()
class SeenController {
  /** Express's view of the request: always interpreted. */
  @All('*path')
  seen(@Req() req: { url: string; originalUrl: string; hostname: string }) {
    return { url: req.url, originalUrl: req.originalUrl, hostname: req.hostname };
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(FILES)],
  controllers: [FilesController, SeenController],
})
class AppModule {}

const HOST = 'Host: gateway\r\n';
const NEXT = `GET /files/next HTTP/1.1\r\n${HOST}\r\n`;

describe.each(WAYS)('request validation, %s', (way) => {
  let upstream: WireUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await WireUpstream.start();
    running = await startGateway(AppModule, { way, environment: { UPSTREAM_URL: upstream.url } });
  });

  beforeEach(() => upstream.forget());

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  /** Sends bytes, a sound request behind them, and reads the one answer; the connection must then be closed. */
  async function refused(bytes: string): Promise<RawAnswer> {
    const client = new RawClient(running.port).send(bytes + NEXT);
    const answer = await client.answer(bytes.slice(0, bytes.indexOf(' ')));
    await client.closed();
    await expect(client.answer()).rejects.toThrow('without an answer: ""');
    client.close();
    return answer;
  }

  function expectProblem(answer: RawAnswer, status: number, code: string): void {
    expect(answer.status).toBe(status);
    expect(answer.values('content-type')).toEqual(['application/problem+json']);
    expect(answer.values('connection')).toEqual(['close']);
    expect(answer.complete).toBe(true);
    expect(answer.json()).toMatchObject({ type: `urn:portcullis:problem:${code}`, status, code });
    expect(upstream.bytes).toEqual([]);
  }

  /** A refusal of a request that was understood as one: it is on record, under the id that the client was told. */
  async function expectRecorded(answer: RawAnswer): Promise<void> {
    const [correlationId] = answer.values('x-correlation-id');
    expect(correlationId).toBeDefined();
    await vi.waitFor(() => {
      const lines = running.lines().filter((line) => line['correlationId'] === correlationId);
      expect(lines.filter(({ event }) => event === 'request')).toMatchObject([{ status: answer.status }]);
    });
  }

  it.each([
    ['no Host', ''],
    ['two Hosts', 'Host: gateway\r\nHost: other\r\n'],
    ['the same Host twice', 'Host: gateway\r\nhost: gateway\r\n'],
    ['an empty Host', 'Host:\r\n'],
    ['an empty Host and another', 'Host:\r\nHost: gateway\r\n'],
    ['userinfo in Host', 'Host: user@gateway\r\n'],
    ['a path in Host', 'Host: gateway/files\r\n'],
    ['a query in Host', 'Host: gateway?x\r\n'],
    ['a fragment in Host', 'Host: gateway#x\r\n'],
    ['a list in Host', 'Host: gateway, other\r\n'],
    ['a blank in Host', 'Host: gate way\r\n'],
    ['a tab in Host', 'Host: gate\tway\r\n'],
    ['a byte beyond ASCII in Host', 'Host: gatew\xe4y\r\n'],
    ['an escape in Host', 'Host: gatew%61y\r\n'],
    ['a port that is no number', 'Host: gateway:http\r\n'],
    ['a port that is none', 'Host: gateway:65536\r\n'],
    ['a port alone', 'Host: :80\r\n'],
    ['brackets around no address', 'Host: [gateway]\r\n'],
    ['brackets that do not close', 'Host: [::1\r\n'],
  ])('answers 400 to %s', async (_what, host) => {
    const answer = await refused(`GET /files/a HTTP/1.1\r\n${host}\r\n`);

    expectProblem(answer, 400, 'bad-request');
    await expectRecorded(answer);
  });

  it.each(['gateway', 'GateWay:80', 'a_b.c-d.', '127.0.0.1:8080', '[::1]:8080'])(
    'takes Host: %s and tells the upstream',
    async (host) => {
      const client = new RawClient(running.port).send(`GET /files/a HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

      const answer = await client.answer();

      expect(answer.status).toBe(200);
      expect(upstream.requests[0]?.fields).toContainEqual(['X-Forwarded-Host', host]);
      client.close();
    },
  );

  it('takes HTTP/1.0 without Host, and then tells the upstream of none', async () => {
    const client = new RawClient(running.port).send('GET /files/a HTTP/1.0\r\n\r\n');

    const answer = await client.answer();

    expect(answer.status).toBe(200);
    expect(upstream.requests[0]?.fields.map(([name]) => name)).not.toContain('X-Forwarded-Host');
    client.close();
  });

  it.each([
    ['an asterisk without OPTIONS', 'GET *', 'bad-request'],
    ['an asterisk and more', 'OPTIONS */files/a', 'bad-request'],
    ['another host than Host', 'GET http://169.254.169.254/files/a', 'bad-request'],
    ['another port than Host', 'GET http://gateway:8080/files/a', 'bad-request'],
    ['another scheme than the connection', 'GET https://gateway/files/a', 'bad-request'],
    ['a scheme that is not HTTP', 'GET ftp://gateway/files/a', 'bad-request'],
    ['userinfo', 'GET http://user@gateway/files/a', 'bad-request'],
    ['no host in an absolute-form', 'GET http:///files/a', 'bad-request'],
    ['a fragment behind an absolute-form', 'GET http://gateway/files/a#b', 'ambiguous-path'],
    ['a dot segment in an absolute-form', 'GET http://gateway/files/../admin', 'ambiguous-path'],
    ['a fragment', 'GET /files/a#b', 'ambiguous-path'],
    ['a fragment behind a query', 'GET /files/a?b#c', 'bad-request'],
    ['a backslash', 'GET /files\\a', 'ambiguous-path'],
    ['a backslash in the query', 'GET /files/a?b\\c', 'bad-request'],
    ['a quote in the query', 'GET /files/a?"', 'bad-request'],
    ['an empty segment', 'GET //files/a', 'ambiguous-path'],
    ['a dot segment', 'GET /files/../files/a', 'ambiguous-path'],
    ['an escaped dot segment', 'GET /files/%2e%2E/files/a', 'ambiguous-path'],
    ['a dot segment with parameters', 'GET /files/..;/files/a', 'ambiguous-path'],
    ['an overlong slash', 'GET /files/%c0%af', 'ambiguous-path'],
    ['an escape that is no UTF-8', 'GET /files/%ff', 'ambiguous-path'],
    ['a broken escape', 'GET /files/%4', 'ambiguous-path'],
  ])('answers 400 to %s in the target', async (_what, line, code) => {
    const answer = await refused(`${line} HTTP/1.1\r\n${HOST}\r\n`);

    expectProblem(answer, 400, code);
    await expectRecorded(answer);
  });

  it.each(['a\xe4', 'a\x80', 'a\x01', 'a\x7f', 'a\tb', 'a b'])(
    'answers 400 to the byte that no target holds in %j',
    async (rest) => {
      expectProblem(await refused(`GET /files/${rest} HTTP/1.1\r\n${HOST}\r\n`), 400, 'bad-request');
    },
  );

  it.each([
    ['http://gateway/files/a?b=c', 'gateway', '/files/a?b=c'],
    ['HTTP://GATEWAY:80/files/%61', 'gateway', '/files/a'],
    ['http://[::1]:8080/files', '[::1]:8080', '/files'],
  ])(
    'serves the absolute-form %s that agrees with Host, from its own upstream',
    async (target, host, path) => {
      const client = new RawClient(running.port).send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

      const answer = await client.answer();

      expect(answer.status).toBe(200);
      expect(upstream.requests.map((request) => request.target)).toEqual([path]);
      client.close();
    },
  );

  it('shows Express the origin-form of an absolute-form', async () => {
    const client = new RawClient(running.port).send(
      `GET http://gateway/seen/%61?b=c HTTP/1.1\r\n${HOST}\r\n`,
    );

    const answer = await client.answer();

    expect(answer.json()).toEqual({ url: '/seen/a?b=c', originalUrl: '/seen/a?b=c', hostname: 'gateway' });
    client.close();
  });

  it('reads an absolute-form without a path as /', async () => {
    const client = new RawClient(running.port).send(`GET http://gateway HTTP/1.1\r\n${HOST}\r\n`);

    const answer = await client.answer();

    expect(answer.json()).toMatchObject({ code: 'route-not-found' });
    client.close();
  });

  it.each(['*', 'http://gateway'])('answers OPTIONS %s itself and keeps the connection', async (target) => {
    const client = new RawClient(running.port).send(`OPTIONS ${target} HTTP/1.1\r\n${HOST}\r\n`);

    const answer = await client.answer('OPTIONS');
    const before = upstream.bytes.length;
    const next = await client.send(NEXT).answer();

    expect([answer.status, before, next.status]).toEqual([204, 0, 200]);
    client.close();
  });

  it.each(['/files/%252e%252e/a', '/files/a;x=1', '/files/;/a', '/files../a'])(
    'takes %s for the letters it is made of',
    async (target) => {
      const client = new RawClient(running.port).send(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`);

      const answer = await client.answer();

      const mine = target.startsWith('/files/');
      expect(answer.status).toBe(mine ? 200 : 404);
      expect(upstream.requests.map((request) => request.target)).toEqual(mine ? [target] : []);
      client.close();
    },
  );

  it.each(['127.0.0.1:6379', 'gateway:80', '/files/a'])(
    'answers 405 to CONNECT %s, dials nobody and closes',
    async (target) => {
      const answer = await refused(`CONNECT ${target} HTTP/1.1\r\n${HOST}\r\n`);

      expectProblem(answer, 405, 'method-not-allowed');
      await expectRecorded(answer);
      expect(answer.values('allow')).toEqual(['']);
      expect(upstream.connections).toBe(0);
    },
  );

  it.each([
    ['in lower case', 'get /files/a HTTP/1.1'],
    ['that nobody knows', 'FETCH /files/a HTTP/1.1'],
    ['of RTSP', 'DESCRIBE /files/a RTSP/1.0'],
    ['of Icecast', 'SOURCE /files/a ICE/1.0'],
  ])('answers 400 to a method %s', async (_what, line) => {
    expectProblem(await refused(`${line}\r\n${HOST}\r\n`), 400, 'bad-request');
  });

  it.each(['GET /files/a HTTP/2.0', 'GET /files/a HTTP/0.9', 'GET /files/a HTTP/1.2', 'GET /files/a'])(
    'answers 400 to the version of %s',
    async (line) => {
      expectProblem(await refused(`${line}\r\n${HOST}\r\n`), 400, 'bad-request');
    },
  );

  it.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
    ['two lengths that differ', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a list of lengths', 'Content-Length: 5,5\r\n\r\nhello'],
    ['an empty length', 'Content-Length:\r\n\r\n'],
    ['an empty length and another', 'Content-Length:\r\nContent-Length: 5\r\n\r\nhello'],
    ['a signed length', 'Content-Length: +5\r\n\r\nhello'],
    ['a negative length', 'Content-Length: -0\r\n\r\n'],
    ['a length in hexadecimal', 'Content-Length: 0x5\r\n\r\nhello'],
    ['a length with an underscore', 'Content-Length: 1_0\r\n\r\nhellohello'],
    ['a length of two numbers', 'Content-Length: 5 5\r\n\r\nhello'],
    ['a length beyond 64 bits', 'Content-Length: 18446744073709551621\r\n\r\nhello'],
    ['a length that would be rounded', 'Content-Length: 9007199254740993\r\n\r\nhello'],
    ['a length and chunked', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['chunked and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n'],
    ['chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['identity and chunked', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['gzip and chunked in a list', 'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a comma before chunked', 'Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n'],
    ['a comma behind chunked', 'Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n'],
    ['a blank behind chunked', 'Transfer-Encoding: chunked \t\r\n\r\n0\r\n\r\n'],
    ['chunked with parameters', 'Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n'],
    ['a coding that only looks like chunked', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a vertical tab before chunked', 'Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n'],
    ['a blank before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['identity alone', 'Transfer-Encoding: identity\r\n\r\n'],
    ['an empty coding', 'Transfer-Encoding:\r\n\r\n'],
    ['an upgrade with a length', 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 30\r\n\r\n'],
    [
      'an upgrade with chunked',
      'Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an empty field name', ': x\r\n\r\n'],
    ['a folded length', 'X-A: b\r\n Content-Length: 5\r\n\r\nhello'],
    ['a bare line feed', 'X-A: b\nX-B: c\r\n\r\n'],
    ['a bare carriage return', 'X-A: b\rX-B: c\r\n\r\n'],
    ['a NUL in a value', 'X-A: b\0c\r\n\r\n'],
  ])('answers 400 to a body with %s', async (_what, rest) => {
    expectProblem(await refused(`POST /files/a HTTP/1.1\r\n${HOST}${rest}`), 400, 'bad-request');
  });

  it('answers 400 to Transfer-Encoding in HTTP/1.0', async () => {
    const answer = await refused(
      `POST /files/a HTTP/1.0\r\n${HOST}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    );

    expectProblem(answer, 400, 'bad-request');
    await expectRecorded(answer);
  });

  it('takes chunked in any case, and an upgrade without a body as a request without one', async () => {
    const client = new RawClient(running.port).send(
      `POST /files/a HTTP/1.1\r\n${HOST}Transfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    );
    const chunked = await client.answer('POST');
    client.send(`GET /files/b HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    const upgrade = await client.answer();

    expect([chunked.status, upgrade.status]).toEqual([200, 200]);
    expect(upstream.requests.map(({ body }) => body)).toEqual(['hi', '']);
    expect(upstream.requests[1]?.fields.map(([name]) => name)).not.toContain('Upgrade');
    client.close();
  });

  it.each([
    ['another expectation', 'Expect: y\r\n'],
    ['an empty one', 'Expect:\r\n'],
    ['one more word', 'Expect: y 100-continue\r\n'],
    ['a list', 'Expect: 100-continue, 100-continue\r\n'],
    ['two fields', 'Expect: 100-continue\r\nExpect: 100-continue\r\n'],
  ])('answers 417 to Expect with %s', async (_what, expect) => {
    const answer = await refused(`POST /files/a HTTP/1.1\r\n${HOST}${expect}Content-Length: 5\r\n\r\nhello`);

    expectProblem(answer, 417, 'expectation-failed');
    await expectRecorded(answer);
  });

  it('answers earlier requests on the connection first, and then what is wrong with a later one', async () => {
    const first = `GET /files/first HTTP/1.1\r\n${HOST}\r\n`;
    const refusals = [
      `GET * HTTP/1.1\r\n${HOST}\r\n`,
      `CONNECT gateway:80 HTTP/1.1\r\n${HOST}\r\n`,
      'no request\r\n\r\n',
    ];

    const statuses: number[][] = [];
    for (const refusal of refusals) {
      const client = new RawClient(running.port).send(first + refusal + NEXT);
      const answers = [await client.answer(), await client.answer()];
      await client.closed();
      statuses.push(answers.map(({ status }) => status));
      client.close();
    }

    expect(statuses).toEqual([
      [200, 400],
      [200, 405],
      [200, 400],
    ]);
    expect(upstream.requests.map(({ target }) => target)).toEqual(Array(3).fill('/files/first'));
  });

  it.each([
    ['a chunk size that is none', '0x5\r\nhello\r\n0\r\n\r\n', 400, 'bad-request'],
    ['a bare line feed behind a chunk size', '5\nhello\r\n0\r\n\r\n', 400, 'bad-request'],
    ['a line feed in a chunk extension', '5;\nx\r\nhello\r\n0\r\n\r\n', 400, 'bad-request'],
    ['a chunk longer than its size', '2\r\nhello\r\n0\r\n\r\n', 400, 'bad-request'],
    ['a length in the trailers', '0\r\nContent-Length: 5\r\n\r\n', 400, 'bad-request'],
    ['an endless chunk extension', `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`, 413, 'body-too-large'],
  ])(
    'answers a body with %s, and the upstream never gets the end of one',
    async (_what, body, status, code) => {
      const answer = await refused(
        `POST /files/a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}`,
      );

      expect(answer.status).toBe(status);
      expect(answer.values('connection')).toEqual(['close']);
      expect(answer.json()).toMatchObject({ code });
      await expectRecorded(answer);
      expect(upstream.requests).toEqual([]);
    },
  );

  it('says nothing more to a body that goes wrong behind its answer', async () => {
    upstream.onHead = (_head, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const client = new RawClient(running.port).send(
      `POST /files/a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    );

    const answer = await client.answer('POST');
    client.send('no chunk\r\n');
    await client.closed();

    expect(answer.status).toBe(200);
    await expect(client.answer()).rejects.toThrow('without an answer: ""');
    client.close();
  });

  it('answers a request in full that says Connection: close, whatever stands behind it', async () => {
    const client = new RawClient(running.port).send(
      `GET /files/first HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n${NEXT}`,
    );

    const answer = await client.answer();
    await client.closed();

    expect(answer.status).toBe(200);
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/files/first']);
    await expect(client.answer()).rejects.toThrow('without an answer: ""');
    client.close();
  });
});
