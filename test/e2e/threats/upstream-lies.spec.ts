import { All, Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  Timeout,
  Unfiltered,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ByteClient } from '../../support/byte.client.js';
import { type RunningGateway, startGateway, type Way } from '../../support/gateway.harness.js';
import {
  type Lie,
  LyingUpstream,
  says,
  saysAndEnds,
  saysAndResets,
  saysForever,
  saysInTurn,
} from '../../support/lying.upstream.js';
import { type RawAnswer, RawClient } from '../../support/raw.client.js';
import { ScriptedUpstream } from '../../support/scripted.upstream.js';

const STALL_MS = 150;

const timeout = { headersMs: 400, idleMs: STALL_MS };
// Without retries of its own, so that what was sent twice was sent twice for a dead connection.
const STOCK = defineUpstream('stock', {
  targets: env('STOCK_URL'),
  breaker: false,
  retry: { attempts: 0 },
  timeout,
});
const LEGACY = defineUpstream('legacy', {
  targets: env('STOCK_URL'),
  breaker: false,
  retry: { attempts: 0 },
  timeout,
  proxy: {},
});
const FRAGILE = defineUpstream('fragile', {
  targets: env('STOCK_URL'),
  breaker: { volume: 2, errorPercent: 100, resetMs: 60_000 },
  timeout,
});
const BRIEF = defineUpstream('brief', { targets: env('BRIEF_URL'), breaker: false });

@Public()
@ProxyController(STOCK, 'stock')
class StockController {
  constructor(@InjectUpstream(STOCK) private readonly stock: UpstreamClient) {}

  @Get('filtered/*path')
  @FilterResponse({ omit: ['secret'] })
  filtered(@Forward() call: ForwardCall) {
    return this.stock.forward(call);
  }

  @Get('joined/lie')
  async joined() {
    return { joined: await this.stock.get('/stock/joined/lie') };
  }

  @All('*path')
  @Unfiltered('one route filters, the others show what the upstream sent')
  all(@Forward() call: ForwardCall) {
    return this.stock.forward(call);
  }
}

@Public()
@ProxyController(LEGACY, 'legacy')
class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly legacy: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }
}

@Public()
@ProxyController(FRAGILE, 'fragile')
class FragileController {
  constructor(@InjectUpstream(FRAGILE) private readonly fragile: UpstreamClient) {}

  @All('*path')
  @Timeout({ idleMs: 60 })
  all(@Forward() call: ForwardCall) {
    return this.fragile.forward(call);
  }
}

@Public()
@ProxyController(BRIEF, 'brief')
class BriefController {
  constructor(@InjectUpstream(BRIEF) private readonly brief: UpstreamClient) {}

  @Get('*path')
  all(@Forward() call: ForwardCall) {
    return this.brief.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(STOCK, LEGACY, FRAGILE, BRIEF)],
  controllers: [StockController, LegacyController, FragileController, BriefController],
})
class AppModule {}

/** What a client got for a request that was lied to; no answer when the connection ended before one. */
interface Heard {
  readonly answer: RawAnswer | undefined;
  readonly client: RawClient;
}

const head = (fields: string, status = '200 OK'): string => `HTTP/1.1 ${status}\r\n${fields}\r\n`;
const chunked = (chunks: string): string => head('Transfer-Encoding: chunked\r\n') + chunks;
/** An answer that would be believed if extra bytes of a body were ever read as the next one. */
const SMUGGLED = `${head('Content-Length: 8\r\nX-Smuggled: yes\r\n')}smuggled`;

/**
 * What node's own client, on which http-proxy-middleware stands, takes in another way: it cuts an answer that bytes
 * follow, or overlooks what cannot be mistaken for another answer.
 */
const NODE_TAKES = new Set([
  'one byte',
  'a line end',
  'an endless answer',
  'extensions without end',
  'an empty line first',
  'a NUL in the reason',
]);

/** Both ways through the built-in client, and the other client there is. */
const PASSAGES: readonly (readonly [name: string, way: Way, prefix: string])[] = [
  ['compiled', 'compiled', 'stock'],
  ['interpreted', 'interpreted', 'stock'],
  ['through http-proxy-middleware', 'compiled', 'legacy'],
];

describe.each(PASSAGES)('an upstream that lies, %s', (_name, way, prefix) => {
  let lying: LyingUpstream;
  let brief: ScriptedUpstream;
  let running: RunningGateway;
  let asked = 0;
  const builtIn = prefix === 'stock';
  /** The lies of a table that this passage must see through. */
  const seenThrough = <Row extends readonly [name: string, ...rest: unknown[]]>(
    rows: readonly Row[],
  ): Row[] => rows.filter(([name]) => builtIn || !NODE_TAKES.has(name));

  beforeAll(async () => {
    lying = await LyingUpstream.start();
    brief = await ScriptedUpstream.start();
    running = await startGateway(AppModule, {
      way,
      environment: { STOCK_URL: lying.url, BRIEF_URL: brief.url },
    });
  });

  beforeEach(() => lying.forget());

  afterAll(async () => {
    await running.close();
    await lying.close();
    await brief.close();
  });

  const request = (path: string, method = 'GET', fields = ''): string =>
    `${method} ${path} HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n`;

  /** Asks for the truth and checks it; on a connection of its own unless one is given. */
  async function expectTruth(given?: RawClient): Promise<number> {
    const path = `/${prefix}/innocent-${asked++}`;
    const client = given ?? new RawClient(running.port);
    const answer = await client.send(request(path)).answer();
    if (given === undefined) client.close();
    expect(`${answer.status} ${answer.body}`).toBe(`200 the truth about ${path}`);
    expect(answer.values('x-smuggled')).toEqual([]);
    return lying.connectionOf(path) as number;
  }

  /** Has a lie told on a connection that has served before, and reads what the client gets of it. */
  async function hear(lie: Lie, method = 'GET', path = `/${prefix}/lie`): Promise<Heard> {
    lying.lie = lie;
    await expectTruth();
    const client = new RawClient(running.port).send(request(path, method));
    const answer = await client.answer(method).catch(() => undefined);
    return { answer, client };
  }

  /** The connection of the lie is given up, and whoever asks next, on the same client connection too, gets the truth. */
  async function expectUnharmed({ answer, client }: Heard): Promise<void> {
    const liedOn = lying.lied.map(({ connection }) => connection);
    const cut = answer === undefined || !answer.complete || answer.values('connection').includes('close');
    if (!cut) expect(liedOn).not.toContain(await expectTruth(client));
    expect(liedOn).not.toContain(await expectTruth());
    client.close();
    await lying.abandoned();
  }

  async function expectRefused(heard: Heard, codes = ['upstream-protocol']): Promise<void> {
    expect(heard.answer?.status).toBe(502);
    const problem = heard.answer?.json() as { code: string; upstream: string };
    expect(codes).toContain(problem.code);
    expect(problem.upstream).toBe(builtIn ? 'stock' : 'legacy');
    expect(lying.lied).toHaveLength(1);
    await expectUnharmed(heard);
  }

  /** Whether some bytes still came through or not: nothing that was cut short looks whole. */
  async function expectNeverWhole(heard: Heard): Promise<void> {
    const { answer } = heard;
    if (answer?.status === 502) expect(answer.complete).toBe(true);
    else expect(answer?.complete ?? false).toBe(false);
    expect(lying.lied).toHaveLength(1);
    await expectUnharmed(heard);
  }

  async function expectBody(heard: Heard, status: number, body: string): Promise<void> {
    expect(heard.answer?.status).toBe(status);
    expect(heard.answer?.body.toString('latin1')).toBe(body);
    expect(heard.answer?.complete).toBe(true);
    await expectUnharmed(heard);
  }

  describe('[122] never makes a whole answer of a body that is shorter than promised', () => {
    const promised = head('Content-Length: 100\r\n');

    it.each<[string, Lie]>([
      ['ends before the body', saysAndEnds(promised)],
      ['ends inside the body', saysAndEnds(`${promised}hello`)],
      ['ends one byte early', saysAndEnds(promised + 'x'.repeat(99))],
      ['resets inside the body', saysAndResets(`${promised}hello`)],
      ['ends after two reads of it', saysInTurn(promised, 'hello', 'world')],
      ['ends a large body early', saysAndEnds(head('Content-Length: 200001\r\n') + 'x'.repeat(200_000))],
      ['announces more than any body has', saysAndEnds(`${head('Content-Length: 999999999999999\r\n')}x`)],
      ['resets a body that its end would have closed', saysAndResets(`${head('')}hello`)],
      ['shortens an error', saysAndEnds(`${head('Content-Length: 100\r\n', '500 No')}hello`)],
      ['shortens a part', saysAndEnds(`${head('Content-Length: 9\r\n', '206 Partial Content')}hello`)],
    ])('when the upstream %s', async (_, lie) => {
      await expectNeverWhole(await hear(lie));
    });

    it.runIf(builtIn)('and answers 502 where the body would have been filtered', async () => {
      await expectRefused(await hear(saysAndEnds(`${promised}{"a":1`), 'GET', '/stock/filtered/lie'), [
        'upstream-reset',
      ]);
    });

    it.runIf(builtIn)('and answers 502 where a handler would have joined it', async () => {
      await expectRefused(await hear(saysAndEnds(`${promised}{"a":1`), 'GET', '/stock/joined/lie'), [
        'upstream-reset',
      ]);
    });
  });

  describe('[123] drops what follows a body and gives the connection up', () => {
    const five = head('Content-Length: 5\r\n');

    it.each(
      seenThrough<[string, string, Lie]>([
        ['another answer', 'hello', says(`${five}hello${SMUGGLED}`)],
        ['one byte', 'hello', says(`${five}hello!`)],
        ['a line end', 'hello', says(`${five}hello\r\n`)],
        [
          'an answer behind the last chunk',
          'hello',
          says(`${chunked('5\r\nhello\r\n0\r\n\r\n')}${SMUGGLED}`),
        ],
        ['an answer behind no body at all', '', says(`${head('Content-Length: 0\r\n')}${SMUGGLED}`)],
        ['an endless answer', 'hello', saysForever(`${five}hello`, 'more')],
      ]),
    )('when it is %s', async (_, body, lie) => {
      await expectBody(await hear(lie), 200, body);
    });

    it.each<[string, string, string]>([
      ['behind a body', `${five}hello`, 'hello'],
      ['behind the last chunk', chunked('5\r\nhello\r\n0\r\n\r\n'), 'hello'],
      ['behind no body at all', head('Content-Length: 0\r\n'), ''],
      ['behind a status that has no body', head('Content-Length: 8\r\n', '304 Not Modified'), ''],
    ])('when an answer nobody asked for comes later, %s', async (_, first, body) => {
      lying.lie = saysInTurn(first, SMUGGLED);
      const client = new RawClient(running.port).send(request(`/${prefix}/lie`));

      const answer = await client.answer();
      await lying.abandoned();

      expect(answer.body.toString()).toBe(body);
      expect(answer.complete).toBe(true);
      await expectTruth(client);
      client.close();
    });
  });

  describe('[124] answers 502 when the connection ends before the header section does', () => {
    const reset = ['upstream-reset', 'upstream-protocol'];

    it.each<[string, Lie]>([
      ['inside the status line', saysAndEnds('HTTP/1.1 20')],
      ['inside the fields', saysAndEnds('HTTP/1.1 200 OK\r\nX-A: 1\r\n')],
      ['behind an interim answer', saysAndEnds(head('', '103 Early Hints'))],
      ['behind part of a head, with a reset', saysAndResets('HTTP/1.1 200 OK\r\nContent-L')],
    ])('%s, and does not ask again once a byte came', async (_, lie) => {
      await expectRefused(await hear(lie), reset);
    });

    it('and asks once more, on a new connection, when a kept one was dead', async () => {
      const heard = await hear(({ socket }) => socket.destroy());

      const [first, second, ...more] = lying.lied;
      expect(heard.answer?.status).toBe(502);
      expect(more).toEqual([]);
      // http-proxy-middleware may have opened the connection for this request.
      if (first?.turn === 0) expect(second).toBeUndefined();
      else expect(second?.turn).toBe(0);
      await expectUnharmed(heard);
    });

    it.each(['POST', 'PATCH'])('and never asks again for a %s', async (method) => {
      const heard = await hear(({ socket }) => socket.destroy(), method);

      await expectRefused(heard, reset);
    });

    it('and asks once only where the connection was new', async () => {
      lying.lie = ({ socket }) => socket.destroy();
      // Two at once: the kept connection carries one of them at most.
      const clients = [0, 1].map(() => new RawClient(running.port).send(request(`/${prefix}/lie`)));

      const answers = await Promise.all(clients.map((client) => client.answer()));

      expect(answers.map(({ status }) => status)).toEqual([502, 502]);
      const fresh = lying.lied.filter(({ turn }) => turn === 0);
      expect(fresh.length).toBeLessThanOrEqual(2);
      for (const client of clients) client.close();
    });
  });

  describe('[125] never makes a whole answer of chunks that break off or make no sense', () => {
    it.each<[string, Lie]>([
      ['end inside a chunk', saysAndEnds(chunked('5\r\nhel'))],
      ['are reset inside a chunk', saysAndResets(chunked('5\r\nhel'))],
      ['end between chunks', saysAndEnds(chunked('5\r\nhello\r\n'))],
      ['end inside a size', saysAndEnds(chunked('5\r\nhello\r\n1'))],
      ['end behind the last size', saysAndEnds(chunked('5\r\nhello\r\n0\r\n'))],
      ['end inside the trailers', saysAndEnds(chunked('5\r\nhello\r\n0\r\nX-Sum: 1\r\n'))],
      ['have no size', saysInTurn(chunked('5\r\nhello\r\n'), '\r\nhello\r\n0\r\n\r\n')],
      ['have a size with a sign', saysInTurn(chunked('5\r\nhello\r\n'), '+5\r\nhello\r\n0\r\n\r\n')],
      ['have a size below zero', saysInTurn(chunked('5\r\nhello\r\n'), '-5\r\nhello\r\n0\r\n\r\n')],
      ['have a size with a prefix', saysInTurn(chunked('5\r\nhello\r\n'), '0x5\r\nhello\r\n0\r\n\r\n')],
      ['have a size of 17 digits', saysInTurn(chunked('5\r\nhello\r\n'), `${'f'.repeat(17)}\r\nhello`)],
      ['are longer than their size', saysInTurn(chunked('5\r\nhello\r\n'), '2\r\nhello\r\n0\r\n\r\n')],
      ['end a size with a bare LF', saysInTurn(chunked('5\r\nhello\r\n'), '5\nhello\r\n0\r\n\r\n')],
    ])('when they %s', async (_, lie) => {
      await expectNeverWhole(await hear(lie));
    });

    it.each<[string, Lie]>([
      ['chunks', saysInTurn(chunked('5\r\nhello\r\n'), 'nonsense\r\n')],
      ['a connection', saysInTurn(`${head('')}hello`)],
    ])(
      'and resets the connection of a client to whom its end is the end of the body, sent in %s',
      async (_, lie) => {
        lying.lie = (asking) => {
          lie(asking);
          setTimeout(() => asking.socket.resetAndDestroy(), 30);
        };
        const client = new ByteClient(running.port);

        const text = await client.send(`GET /${prefix}/lie HTTP/1.0\r\nHost: gateway\r\n\r\n`).end();

        expect(text).toMatch(/^HTTP\/1\.1 200 /);
        expect(client.ended).toBe('by a reset');
        client.close();
      },
    );
  });

  describe('[127] answers 502 when protocols are switched', () => {
    const SWITCH = head('Connection: Upgrade\r\nUpgrade: websocket\r\n', '101 Switching Protocols');

    it.each<[string, Lie]>([
      ['to nothing', says(head('', '101 Switching Protocols'))],
      ['to WebSocket', says(SWITCH)],
      ['and an answer follows', says(SWITCH + SMUGGLED)],
      ['behind an interim answer', says(head('', '103 Early Hints') + SWITCH)],
    ])('although nobody asked, %s', async (_, lie) => {
      await expectRefused(await hear(lie));
    });
  });

  describe('[128] drops a body where none may be and gives the connection up', () => {
    it.each([
      ['204 No Content', 'GET'],
      ['304 Not Modified', 'GET'],
      ['200 OK', 'HEAD'],
      ['404 Not Found', 'HEAD'],
    ])('behind %s to a %s', async (status, method) => {
      const lie = says(`${head('Content-Length: 5\r\n', status)}hello${SMUGGLED}`);

      await expectBody(await hear(lie, method), Number(status.slice(0, 3)), '');
    });

    it.each([
      ['204 No Content', 'GET'],
      ['304 Not Modified', 'GET'],
      ['200 OK', 'HEAD'],
    ])('in chunks behind %s to a %s', async (status, method) => {
      const lie = says(`${head('Transfer-Encoding: chunked\r\n', status)}5\r\nhello\r\n0\r\n\r\n`);

      await expectBody(await hear(lie, method), Number(status.slice(0, 3)), '');
    });

    it('and never takes the body of an interim answer for the final one', async () => {
      const heard = await hear(says(head('Content-Length: 83\r\n', '103 Early Hints') + SMUGGLED));

      expect(heard.answer?.values('x-smuggled') ?? []).toEqual(heard.answer?.status === 200 ? ['yes'] : []);
      if (heard.answer?.status !== 200) await expectRefused(heard);
      heard.client.close();
    });
  });

  describe('[129] answers 502 when the length can be read in two ways', () => {
    it.each([
      ['a length and chunked', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
      ['chunked and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'],
      ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
      ['two lengths far apart', `Content-Length: 5\r\n${'X-A: 1\r\n'.repeat(20)}content-length: 6\r\n`],
      ['a list of two lengths', 'Content-Length: 5, 6\r\n'],
      ['a list of one length', 'Content-Length: 5, 5\r\n'],
      ['an empty length', 'Content-Length: \r\n'],
      ['a length with a sign', 'Content-Length: +5\r\n'],
      ['a length below zero', 'Content-Length: -5\r\n'],
      ['a length in hexadecimal', 'Content-Length: 0x5\r\n'],
      ['a length with a dot', 'Content-Length: 5.0\r\n'],
      ['a length with a blank', 'Content-Length: 5 5\r\n'],
      ['a length of 30 digits', `Content-Length: ${'9'.repeat(30)}\r\n`],
    ])('%s', async (_, fields) => {
      await expectRefused(await hear(says(`${head(fields)}5\r\nhello\r\n0\r\n\r\n`)));
    });
  });

  describe('[130] answers 502 when the header section is out of bounds or out of grammar', () => {
    const ok = (fields: string): Lie => says(`${head(`${fields}Content-Length: 2\r\n`)}ok`);

    it.each<[string, Lie]>([
      ['a megabyte in one field', ok(`X-A: ${'a'.repeat(1_048_576)}\r\n`)],
      [
        'a megabyte in the reason',
        says(`${head('Content-Length: 2\r\n', `200 ${'O'.repeat(1_048_576)}`)}ok`),
      ],
      ['5000 fields', ok(Array.from({ length: 5_000 }, (_, i) => `X-${i}: a\r\n`).join(''))],
      ['5000 fields of one name', ok('Set-Cookie: a=1\r\n'.repeat(5_000))],
      ['a field without end', saysForever('HTTP/1.1 200 OK\r\nX-A: ', 'a')],
      ['fields without end', saysForever('HTTP/1.1 200 OK\r\n', 'X-A: a\r\n')],
      ['a NUL in a value', ok('X-A: a\0b\r\n')],
      ['a NUL in a name', ok('X\0A: a\r\n')],
      ['an escape character in a value', ok('X-A: \x1b[31m\r\n')],
      ['a blank in a name', ok('X A: a\r\n')],
      ['a blank before the colon', ok('X-A : a\r\n')],
      ['a bracket in a name', ok('X(A): a\r\n')],
      ['a byte above ASCII in a name', ok('X-\xe4: a\r\n')],
      ['an empty name', ok(': a\r\n')],
      ['a line without a colon', ok('X-A\r\n')],
      ['a folded line', ok('X-A: a\r\n b\r\n')],
      ['a folded first line', ok(' X-A: a\r\n')],
      ['a bare CR in a value', ok('X-A: a\rX-B: b\r\n')],
      ['a bare LF in a value', ok('X-A: a\nX-B: b\r\n')],
      ['a bare LF at the end', says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok')],
      ['bare LFs only', says('HTTP/1.1 200 OK\nContent-Length: 2\n\nok')],
    ])('%s', async (_, lie) => {
      await expectRefused(await hear(lie));
    });

    it('interim answers without end', async () => {
      await expectRefused(await hear(saysForever('', head('Link: </a.css>\r\n', '103 Early Hints'))));
    });

    it.each(
      seenThrough<[string, Lie]>([
        ['an extension without end', saysForever(chunked('5;'), 'x')],
        ['extensions without end', saysForever(chunked(''), '1;xxxxxxxxxxxxxxxx\r\nx\r\n')],
        ['a trailer of a megabyte', says(chunked(`2\r\nok\r\n0\r\nX-A: ${'a'.repeat(1_048_576)}\r\n\r\n`))],
        ['5000 trailers', says(chunked(`2\r\nok\r\n0\r\n${'X-A: a\r\n'.repeat(5_000)}\r\n`))],
        ['a trailer with a NUL', says(chunked('2\r\nok\r\n0\r\nX-A: a\0\r\n\r\n'))],
      ]),
    )('or breaks the answer off when chunks carry %s', async (_, lie) => {
      await expectNeverWhole(await hear(lie));
    });
  });

  describe('[131] answers 502 to a transfer coding that is not chunked and nothing else', () => {
    it.each([
      'gzip, chunked',
      'chunked, gzip',
      'gzip',
      'identity',
      'chunked, chunked',
      'chunked, identity',
      'chunked;q=1',
      'xchunked',
      'chunkedx',
      ', chunked',
      'chunked,',
      '"chunked"',
      '',
    ])('%j', async (coding) => {
      await expectRefused(
        await hear(says(`${head(`Transfer-Encoding: ${coding}\r\n`)}2\r\nok\r\n0\r\n\r\n`)),
      );
    });

    it('two fields', async () => {
      const fields = 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n';

      await expectRefused(await hear(says(`${head(fields)}2\r\nok\r\n0\r\n\r\n`)));
    });

    it('chunked in an answer of HTTP/1.0', async () => {
      await expectRefused(
        await hear(says('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n')),
      );
    });
  });

  describe('[132] never merges trailers into the answer', () => {
    const trailers = [
      'Content-Length: 99',
      'Transfer-Encoding: chunked',
      'Set-Cookie: a=1',
      'X-Correlation-ID: forged',
      'Location: http://evil.example/',
      'Status: 500',
      'Connection: close',
      'X-Sum: 1',
    ];
    const lie = saysInTurn(
      head('Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nX-A: 1\r\n'),
      `5\r\nhello\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`,
    );

    it.each(['', 'TE: trailers\r\n'])('for a client that sends %j', async (fields) => {
      lying.lie = lie;
      const client = new ByteClient(running.port);

      const text = await client
        .send(request(`/${prefix}/lie`, 'GET', `${fields}Connection: close\r\n`))
        .end();
      client.close();

      const [section = '', ...rest] = text.split('\r\n\r\n');
      // Node's own client refuses such a trailer section, before anything of the body was sent on.
      if (!builtIn && rest.join('') === '') return;
      expect(section).toMatch(/^HTTP\/1\.1 200 /);
      expect(section).not.toMatch(/^(content-length|set-cookie|location|status|x-sum):/im);
      expect(section).not.toContain('forged');
      const body = rest.join('\r\n\r\n');
      expect(body).toMatch(/^5\r\nhello\r\n0\r\n/);
      // Only what a trailer may say, and only where the client said that it reads any (RFC 9110, section 6.5.1).
      expect(body).not.toMatch(/content-length|transfer-encoding|set-cookie|forged|location|connection/i);
      if (fields === '') expect(body).not.toMatch(/x-sum/i);
      await expectTruth();
    });
  });

  describe('[133] cuts the client off when a body stalls', () => {
    it.each<[string, Lie]>([
      ['before its first byte', says(head('Content-Length: 5\r\n'))],
      ['before its last byte', says(`${head('Content-Length: 5\r\n')}hell`)],
      ['between chunks', says(chunked('5\r\nhello\r\n'))],
      ['inside a chunk size', says(chunked('5\r\nhello\r\n1'))],
      ['before the last line', says(chunked('5\r\nhello\r\n0\r\n'))],
    ])('%s', async (_, lie) => {
      await expectNeverWhole(await hear(lie));
    });

    it('answers 504 when the header section dribbles in without end', async () => {
      const heard = await hear(saysInTurn('HTTP/1.1 200 OK\r\n', ...Array.from({ length: 200 }, () => 'a')));

      expect(heard.answer?.status).toBe(504);
      expect(heard.answer?.json()).toMatchObject({ code: 'upstream-timeout' });
      await expectUnharmed(heard);
    });

    it.runIf(builtIn)('and answers 504 where the body would have been filtered', async () => {
      const lie = says(`${head('Content-Length: 50\r\n')}{"a":`);
      const heard = await hear(lie, 'GET', '/stock/filtered/lie');

      expect(heard.answer?.status).toBe(504);
      await expectUnharmed(heard);
    });

    it.runIf(builtIn)('and lets the breaker count it', async () => {
      lying.lie = says(`${head('Content-Length: 5\r\n')}hell`);
      const answers: (RawAnswer | undefined)[] = [];

      for (let i = 0; i < 3; i++) {
        const client = new RawClient(running.port).send(request('/fragile/lie'));
        answers.push(await client.answer().catch(() => undefined));
        client.close();
      }

      expect(answers.map((answer) => answer?.status)).toEqual([200, 200, 503]);
      expect(answers[2]?.json()).toMatchObject({ code: 'breaker-open', upstream: 'fragile' });
      expect(lying.lied).toHaveLength(2);
    });
  });

  describe('[135] answers 502 to what is no answer of HTTP/1', () => {
    it.each(
      seenThrough<[string, string]>([
        ['HTTP/0.9', '<html>hello</html>'],
        ['HTTP/2 frames', '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d\0\x04\0\0\xff\xff'],
        ['an HTTP/2 status line', 'HTTP/2 200\r\nContent-Length: 2\r\n\r\nok'],
        ['HTTP/1.2', 'HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['HTTP/1.10', 'HTTP/1.10 200 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['another case', 'http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['a request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
        ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
        ['Redis', '-ERR unknown command\r\n'],
        ['ICY', 'ICY 200 OK\r\n\r\n'],
        ['a TLS alert', '\x15\x03\x01\0\x02\x02\x46'],
        ['an empty line first', '\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['a blank first', ' HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['NULs', '\0'.repeat(1_000)],
        ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['a status below 100', 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['a status in letters', 'HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok'],
        ['two blanks before the status', 'HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok'],
        ['a NUL in the reason', 'HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok'],
      ]),
    )('%s', async (_, bytes) => {
      await expectRefused(await hear(saysAndEnds(bytes)), ['upstream-protocol']);
    });
  });

  it('[122, 123, 125, 127, 128, 129, 135] harms none of the innocent requests that are made at the same time', async () => {
    const lies = [
      saysAndEnds(`${head('Content-Length: 100\r\n')}hello`),
      says(`${head('Content-Length: 5\r\n')}hello${SMUGGLED}`),
      saysAndResets(chunked('5\r\nhel')),
      says(`${head('', '101 Switching Protocols')}${SMUGGLED}`),
      says(`${head('Content-Length: 8\r\n', '304 Not Modified')}${SMUGGLED}`),
      says(`${head('Content-Length: 5\r\nContent-Length: 6\r\n')}hello${SMUGGLED}`),
      says(`\r\n${SMUGGLED}`),
    ];
    let told = 0;
    lying.lie = (asking) => lies[told++ % lies.length]?.(asking);
    const liars = Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 14; i++) {
        const client = new RawClient(running.port).send(request(`/${prefix}/lie`));
        await client.answer().catch(() => undefined);
        client.close();
      }
    });
    const innocents = Array.from({ length: 8 }, async () => {
      const client = new RawClient(running.port);
      for (let i = 0; i < 25; i++) await expectTruth(client);
      client.close();
    });

    await Promise.all([...liars, ...innocents]);

    expect(told).toBeGreaterThanOrEqual(8 * 14);
  });

  describe.runIf(builtIn)(
    '[138] answers every GET although the upstream keeps its connections for a moment',
    () => {
      const KEEP_ALIVE_MS = 5;
      const CLIENTS = 15;
      const OK = 'Content-Length: 2\r\n';

      /** Requests one after the other on each of some connections, with pauses around the upstream's patience. */
      async function statuses(count: number): Promise<number[]> {
        const seen: number[] = [];
        const one = async (offset: number): Promise<void> => {
          const client = new RawClient(running.port);
          for (let i = 0; i < count / CLIENTS; i++) {
            seen.push((await client.send(request('/brief/a')).answer()).status);
            const pauseMs = KEEP_ALIVE_MS - 2 + ((i * 7 + offset * 3) % 5);
            await new Promise((resolve) => setTimeout(resolve, pauseMs));
          }
          client.close();
        };
        await Promise.all(Array.from({ length: CLIENTS }, (_, offset) => one(offset)));
        return seen;
      }

      it.each<[string, string, (socket: { end(): void; destroy(): void }) => void]>([
        ['and says nothing of it', '', (socket) => socket.end()],
        ['and resets them', '', (socket) => socket.destroy()],
        ['and says that it keeps them for seconds', 'Keep-Alive: timeout=60\r\n', (socket) => socket.end()],
        ['and says that it keeps them for none', 'Keep-Alive: timeout=0\r\n', (socket) => socket.end()],
      ])('%s', async (_, fields, close) => {
        brief.script = ({ socket, turn }) => {
          socket.write(`${head(OK + fields)}ok`);
          if (turn === 0) socket.setTimeout(KEEP_ALIVE_MS, () => close(socket));
        };

        const seen = await statuses(300);

        expect(seen).toHaveLength(300);
        expect(new Set(seen)).toEqual(new Set([200]));
      });

      it('and closes them after each answer', async () => {
        brief.script = ({ socket }) => void socket.end(`${head(`${OK}Connection: close\r\n`)}ok`);

        const seen = await statuses(300);

        expect(new Set(seen)).toEqual(new Set([200]));
      });

      it('and closes them after each answer without a word', async () => {
        brief.script = ({ socket }) => void socket.end(`${head(OK)}ok`);

        const seen = await statuses(300);

        expect(new Set(seen)).toEqual(new Set([200]));
      });
    },
  );
});
