import { describe, expect, it } from 'vitest';
import { startGateway } from '../../support/gateway.harness.js';
import { RawClient, sendRaw } from '../../support/raw.client.js';
import { edited } from '../../support/threats.edits.js';
import { REFUSED, THREAT_WAYS, threatsOf, untilClosed } from '../../support/threats.fixture.js';

/** A POST to the public prefix with these fields and what follows them; each line of a field ends in CRLF. */
const post = (fields: string, body = ''): string =>
  `POST /api/x HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n${body}`;
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body);
const LAST = '0\r\n\r\n';

describe.each(THREAT_WAYS)('smuggling, %s', (way) => {
  const threats = threatsOf(way);
  /** Rows about what only code can say. */
  const ofCode = it.skipIf(way === 'declared');

  it.each([
    ['a length before chunked', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', LAST)],
    ['a length behind chunked', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', LAST)],
    ['a length of 0 and chunked', post('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', LAST)],
    [
      'a length and a coding that is none',
      post('Content-Length: 5\r\nTransfer-Encoding: identity\r\n', LAST),
    ],
    ['a length and an empty coding', post('Content-Length: 5\r\nTransfer-Encoding: \r\n', LAST)],
    [
      'both on a GET',
      'GET /api/x HTTP/1.1\r\nHost: gateway\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('[1] refuses a request that is framed twice: %s', async (_, bytes) => {
    expect(await threats.refuse(bytes)).toEqual(REFUSED);
  });

  it.each([
    ['a request framed twice', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', LAST)],
    ['a coding in front of chunked', post('Transfer-Encoding: gzip, chunked\r\n', LAST)],
    ['a bad chunk size', chunked('0x5\r\nabcde\r\n0\r\n\r\n')],
    ['dot segments', 'POST /api/../admin HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n'],
    ['no request at all', 'POST\r\n\r\n'],
  ])(
    '[1] answers in turn when %s comes behind a good request, and serves nothing behind it',
    async (_, bad) => {
      const good = 'GET /api/good HTTP/1.1\r\nHost: gateway\r\n\r\n';

      const { statuses, closed, forwarded } = await threats.refuse(good + bad);

      expect([statuses, closed]).toEqual([[200, 400], true]);
      expect(forwarded).toMatch(/^GET \/public\/good /);
      expect(forwarded).not.toMatch(/POST|behind/);
    },
  );

  it.each([
    ['a length and chunked', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', LAST)],
    ['a doubled length', post('Content-Length: 5\r\nContent-Length: 6\r\n', 'abcdef')],
    ['a coding in front of chunked', post('Transfer-Encoding: gzip, chunked\r\n', LAST)],
    ['a line break in a chunk extension', chunked('2;\nxx\r\nab\r\n0\r\n\r\n')],
  ])('[1] refuses what comes in single bytes as it does at once: %s', async (_, bytes) => {
    const client = new RawClient(threats.running.port);
    for (const byte of bytes) {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }

    const answer = await client.answer('POST');
    await client.closed();

    client.close();
    expect(answer.status).toBe(400);
    expect(await threats.forwarded()).toBe('');
  });

  it.each([
    ['empty', 'Content-Length: \r\n'],
    ['empty but for a tab', 'Content-Length:\t\r\n'],
    ['empty, then a number', 'Content-Length: \r\nContent-Length: 59\r\n'],
    ['two numbers', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['the same number twice', 'Content-Length: 5\r\nContent-Length: 5\r\n'],
    ['two spellings of the name', 'Content-Length: 5\r\ncontent-length: 6\r\n'],
    ['a list of one number', 'Content-Length: 5,5\r\n'],
    ['a list with a blank', 'Content-Length: 5, 5\r\n'],
    ['a list that ends in a comma', 'Content-Length: 5,\r\n'],
    ['two numbers with a blank between', 'Content-Length: 5 5\r\n'],
  ])('[2] refuses a Content-Length that is empty, doubled or a list: %s', async (_, fields) => {
    expect(await threats.refuse(post(fields, 'abcde'))).toEqual(REFUSED);
  });

  it.each([
    ['+5'],
    ['-0'],
    ['-5'],
    ['0x5'],
    ['1_0'],
    ['5.0'],
    ['5e0'],
    ['"5"'],
    ['5;x'],
    ['\u00b2'],
    ['99999999999999999999'],
    ['18446744073709551621'],
  ])('[3] refuses a Content-Length that only a lax reader takes for a number: %s', async (length) => {
    expect(await threats.refuse(post(`Content-Length: ${length}\r\n`, 'abcde'))).toEqual(REFUSED);
  });

  it.each(['9007199254740993', '9223372036854775807'])(
    '[3] refuses a Content-Length beyond what can be counted exactly: %s',
    async (length) => {
      expect(await threats.refuse(post(`Content-Length: ${length}\r\n`, 'abcde'))).toEqual(REFUSED);
    },
  );

  it.each([
    ['0x5', '0x5\r\nabcde\r\n0\r\n\r\n'],
    ['+5', '+5\r\nabcde\r\n0\r\n\r\n'],
    ['-5', '-5\r\nabcde\r\n0\r\n\r\n'],
    ['1_0', '1_0\r\nabcde\r\n0\r\n\r\n'],
    ['a blank before it', ' 5\r\nabcde\r\n0\r\n\r\n'],
    ['a blank behind it', '5 \r\nabcde\r\n0\r\n\r\n'],
    ['nothing', '\r\nabcde\r\n0\r\n\r\n'],
    ['a letter that is no digit', 'g\r\nabcde\r\n0\r\n\r\n'],
    ['17 digits', '10000000000000005\r\nabcde\r\n0\r\n\r\n'],
    ['17 digits with zeros in front', 'fffffffffffffffff\r\nabcde\r\n0\r\n\r\n'],
  ])('[3] refuses a chunk size that only a lax reader takes for a number: %s', async (_, body) => {
    expect(await threats.refuse(chunked(body))).toEqual(REFUSED);
  });

  it.each([
    ['a bad size behind a good chunk', '3\r\nabc\r\n0x5\r\nabcde\r\n0\r\n\r\n'],
    ['a chunk that is longer than its size', '3\r\nabcd\r\n0\r\n\r\n'],
    ['a chunk that is shorter than its size', '4\r\nabc\r\n0\r\n\r\n'],
    ['a chunk that a bare LF ends', '3\r\nabc\n0\r\n\r\n'],
  ])('[3] never completes a request whose later chunks are malformed: %s', async (_, body) => {
    const outcome = await threats.refuse(chunked(body));

    expect(outcome).toMatchObject({ statuses: [400], closed: true });
    expect(outcome.forwarded).not.toContain('0\r\n\r\n');
    expect(outcome.forwarded).not.toContain('behind');
  });

  it.each([
    ['a comma before', 'Transfer-Encoding: ,chunked\r\n'],
    ['a comma and a blank before', 'Transfer-Encoding: , chunked\r\n'],
    ['a comma behind', 'Transfer-Encoding: chunked,\r\n'],
    ['a letter before', 'Transfer-Encoding: xchunked\r\n'],
    ['a letter behind', 'Transfer-Encoding: chunkedx\r\n'],
    ['identity behind', 'Transfer-Encoding: chunked, identity\r\n'],
    ['identity before', 'Transfer-Encoding: identity, chunked\r\n'],
    ['identity alone', 'Transfer-Encoding: identity\r\n'],
    ['gzip before', 'Transfer-Encoding: gzip, chunked\r\n'],
    ['chunked twice', 'Transfer-Encoding: chunked, chunked\r\n'],
    ['a parameter', 'Transfer-Encoding: chunked;q=1\r\n'],
    ['quotes', 'Transfer-Encoding: "chunked"\r\n'],
    ['a vertical tab', 'Transfer-Encoding: \x0bchunked\r\n'],
    ['a form feed', 'Transfer-Encoding: \x0cchunked\r\n'],
    ['a no-break space', 'Transfer-Encoding: \xa0chunked\r\n'],
    ['nothing', 'Transfer-Encoding: \r\n'],
    ['two fields', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
    ['two fields, the first identity', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n'],
    ['two fields, the last identity', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n'],
    ['a blank before the colon', 'Transfer-Encoding : chunked\r\n'],
    ['a tab before the colon', 'Transfer-Encoding\t: chunked\r\n'],
  ])('[4] refuses a Transfer-Encoding that is not the one word chunked: %s', async (_, fields) => {
    expect(await threats.refuse(post(fields, LAST))).toEqual(REFUSED);
  });

  it('[4] reads chunked in any case, and writes it anew', async () => {
    const answer = await threats.send(post('Transfer-Encoding: ChUnKeD\r\n', '2\r\nab\r\n0\r\n\r\n'));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.body).toBe('ab');
  });

  it('[4] takes no frame from a name that only looks like Transfer-Encoding', async () => {
    const fields = 'Transfer_Encoding: chunked\r\nContent_Length: 90\r\nContent-Length: 5\r\n';
    const answer = await threats.send(post(fields, '0\r\n\r\n'));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.body).toBe('0\r\n\r\n');
    expect(request.values('transfer_encoding')).toEqual([]);
    expect(request.values('content_length')).toEqual([]);
  });

  it.each([
    [
      'chunked on HTTP/1.0',
      'POST /api/x HTTP/1.0\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'chunked on HTTP/1.0 that stays open',
      'POST /api/x HTTP/1.0\r\nHost: gateway\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['identity on HTTP/1.0', 'POST /api/x HTTP/1.0\r\nHost: gateway\r\nTransfer-Encoding: identity\r\n\r\n'],
  ])('[5] refuses a Transfer-Encoding from a client of a version that has none: %s', async (_, bytes) => {
    expect(await threats.refuse(bytes)).toEqual(REFUSED);
  });

  it.each([
    ['HTTP/0.9', 'GET /api/x\r\n\r\n'],
    ['HTTP/1.2', 'GET /api/x HTTP/1.2\r\nHost: gateway\r\n\r\n'],
    ['HTTP/3.0', 'GET /api/x HTTP/3.0\r\nHost: gateway\r\n\r\n'],
    ['two digits', 'GET /api/x HTTP/1.10\r\nHost: gateway\r\n\r\n'],
    ['lower case', 'GET /api/x http/1.1\r\nHost: gateway\r\n\r\n'],
  ])('[5] refuses a version that it does not speak: %s', async (_, bytes) => {
    expect(await threats.refuse(bytes)).toEqual(REFUSED);
  });

  it('[5] sends what an HTTP/1.0 client asks as one request of HTTP/1.1', async () => {
    const answer = await threats.send('POST /api/x HTTP/1.0\r\nHost: gateway\r\nContent-Length: 2\r\n\r\nab');

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.body).toBe('ab');
  });

  it.each([
    ['LF ends the request line', 'POST /api/x HTTP/1.1\nHost: gateway\r\n\r\n'],
    ['LF ends a field', 'POST /api/x HTTP/1.1\r\nHost: gateway\nContent-Length: 5\r\n\r\nabcde'],
    ['LF ends the section', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\n\nabcde'],
    ['LF everywhere', 'POST /api/x HTTP/1.1\nHost: gateway\n\n'],
    ['CR ends the request line', 'POST /api/x HTTP/1.1\rHost: gateway\r\n\r\n'],
    ['CR ends a field', 'POST /api/x HTTP/1.1\r\nHost: gateway\rContent-Length: 5\r\n\r\n'],
    ['CR inside a value', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\nX-Test: a\rb\r\n\r\n'],
    ['CR before the line break', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\nX-Test: a\r\r\n\r\n'],
    ['CR and a letter end the section', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\n\rX\r\n\r\n'],
    ['LF inside a value', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\nX-Test: a\n b\r\n\r\n'],
    [
      'a continuation',
      'POST /api/x HTTP/1.1\r\nHost: gateway\r\nX-Test: a\r\n Content-Length: 5\r\n\r\nabcde',
    ],
    [
      'a continuation with a tab',
      'POST /api/x HTTP/1.1\r\nHost: gateway\r\nX-Test: a\r\n\tTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['a continued length', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\nContent-Length:\r\n 5\r\n\r\nabcde'],
    ['a continuation first', 'POST /api/x HTTP/1.1\r\n Host: gateway\r\nHost: gateway\r\n\r\n'],
    ['a blank before a colon', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\nContent-Length : 5\r\n\r\nabcde'],
    ['a line without a colon', 'POST /api/x HTTP/1.1\r\nHost: gateway\r\nX-Test\r\n\r\n'],
    ['LF ends a chunk size', chunked('5\nabcde\r\n0\r\n\r\n')],
    ['CR ends a chunk size', chunked('5\rabcde\r\n0\r\n\r\n')],
  ])('[6] refuses line ends that only some readers take for one: %s', async (_, bytes) => {
    expect(await threats.refuse(bytes)).toEqual(REFUSED);
  });

  it.each([
    ['LF', '0\n\n'],
    ['CRLF, then LF', '0\r\n\n'],
    ['LF, then CRLF', '0\n\r\n'],
  ])('[6] refuses a last chunk that %s ends', async (_, body) => {
    expect(await threats.refuse(chunked(body))).toEqual(REFUSED);
  });

  it.each([
    ['LF in the extension', '2;\nxx\r\nab\r\n0\r\n\r\n'],
    ['CR in the extension', '2;\rxx\r\nab\r\n0\r\n\r\n'],
    ['LF behind a value', '2;a=b\nxx\r\nab\r\n0\r\n\r\n'],
    ['LF in a quoted value', '2;a="\n"\r\nab\r\n0\r\n\r\n'],
    ['LF in the extension of the last chunk', '0;\nxx\r\n\r\n'],
    ['NUL in the extension', '2;a\0b\r\nab\r\n0\r\n\r\n'],
  ])('[7] refuses a line break inside a chunk extension: %s', async (_, body) => {
    expect(await threats.refuse(chunked(body))).toEqual(REFUSED);
  });

  ofCode.each([
    ['a bad chunk size', '0x5\r\nabcde\r\n0\r\n\r\n'],
    ['a bad size behind a good chunk', '3\r\nabc\r\n0x5\r\nabcde\r\n0\r\n\r\n'],
    ['a line break in a chunk extension', '2;\nxx\r\nab\r\n0\r\n\r\n'],
    ['a last chunk that LF ends', '2\r\nab\r\n0\n\n'],
  ])('[7] completes no request through http-proxy-middleware, either, that has %s', async (_, body) => {
    const outcome = await threats.refuse(
      `POST /legacy/x HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    );

    expect(outcome).toMatchObject({ statuses: [400], closed: true });
    expect(outcome.forwarded).not.toContain('0\r\n\r\n');
    expect(outcome.forwarded).not.toContain('behind');
  });

  it('[7] never forwards a chunk extension', async () => {
    const answer = await threats.send(chunked('2;a=b\r\nab\r\n1;c="d"\r\ne\r\n0;f\r\n\r\n'));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.body).toBe('abe');
  });

  it('[8] refuses an endless chunk extension before it has read 20 KB of it', async () => {
    const bytes = chunked(`2;${'a'.repeat(20 * 1024)}`);

    const { statuses, closed } = await untilClosed(threats.running.port, bytes);

    expect(closed).toBe(true);
    expect([[400], [413]]).toContainEqual(statuses);
    expect(await threats.forwarded()).toBe('');
  });

  it('[8] keeps nothing of extensions that are short, but of many chunks', async () => {
    const answer = await threats.send(chunked(`${`1;${'a'.repeat(200)}\r\nx\r\n`.repeat(200)}0\r\n\r\n`));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.body).toBe('x'.repeat(200));
  });

  it.each([
    [
      'a WebSocket',
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    ],
    ['HTTP/2', 'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'],
    ['an unknown protocol', 'Upgrade: foo/2\r\nConnection: Upgrade\r\n'],
  ])('[10] refuses a request that asks for %s and has a body', async (_, fields) => {
    const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n';
    const length = `Content-Length: ${smuggled.length}\r\n`;

    const outcomes = [
      await threats.refuse(post(fields + length, smuggled)),
      await threats.refuse(post(length + fields, smuggled)),
      await threats.refuse(post(`${fields}Transfer-Encoding: chunked\r\n`, `1\r\na\r\n${LAST}`)),
    ];

    expect(outcomes).toEqual([REFUSED, REFUSED, REFUSED]);
  });

  ofCode(
    '[10] serves nothing behind a request that asked for an upgrade, wherever the next read begins',
    async () => {
      const asks =
        'GET /api/1 HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
      const client = new RawClient(threats.running.port).send(
        `${asks}GET /api/2 HTTP/1.1\r\nHost: gateway\r\nX-A: `,
      );
      const first = await client.answer();
      client.send('GET /api/inner HTTP/1.1\r\nHost: gateway\r\n\r\n');

      await client.closed();

      client.close();
      expect(first.status).toBe(200);
      expect(first.values('connection')).toEqual(['close']);
      expect(threats.upstream.requests.map(({ target }) => target)).toEqual(['/public/1']);
      expect(threats.upstream.wrong).toEqual([]);
    },
  );

  it('[12] keeps its connections right when an upstream refuses before a body that was announced', async () => {
    const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n';
    threats.upstream.onHead = (_head, socket) => {
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    };
    const client = new RawClient(threats.running.port).send(
      post(`Expect: 100-continue\r\nContent-Length: ${smuggled.length}\r\n`),
    );
    await new Promise((resolve) => client.socket.once('data', resolve));
    client.send(smuggled);

    const answer = await client.answer('POST');
    const next = [await sendNext(), await sendNext()];

    client.close();
    expect(answer.status).toBe(401);
    expect(next).toEqual([200, 200]);
    expect(threats.upstream.requests.map(({ target }) => target)).not.toContain('/admin');
    expect(threats.upstream.wrong).toEqual([]);
  });

  it('[12] never takes the body that a client holds back for the next request', async () => {
    threats.upstream.onHead = (_head, socket) => {
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    };
    const client = new RawClient(threats.running.port).send(
      post('Expect: 100-continue\r\nContent-Length: 60\r\n'),
    );
    await new Promise((resolve) => client.socket.once('data', resolve));
    client.close();

    const next = [await sendNext(), await sendNext()];

    expect(next).toEqual([200, 200]);
    expect(threats.upstream.wrong).toEqual([]);
  });

  it.each([
    ['a word before', 'Expect: y 100-continue\r\n'],
    ['a word behind', 'Expect: 100-continue-please\r\n'],
    ['two fields', 'Expect: 100-continue\r\nExpect: 100-continue\r\n'],
    ['a list', 'Expect: 100-continue, other\r\n'],
    ['another number', 'Expect: 200-ok\r\n'],
    ['a blank and nothing', 'Expect: \r\n'],
    ['a parameter', 'Expect: 100-continue;q=0\r\n'],
  ])('[12] answers 417 to an expectation that is not 100-continue: %s', async (_, fields) => {
    const outcome = await threats.refuse(post(`${fields}Content-Length: 2\r\n`, 'ab'));

    expect(outcome).toEqual({ statuses: [417], closed: true, forwarded: '' });
  });

  it('[12] asks an HTTP/1.0 client for nothing in between, and expects nothing of a request without a body', async () => {
    const old = await untilClosed(
      threats.running.port,
      'POST /api/x HTTP/1.0\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab',
    );
    const bodiless = await threats.send(
      'GET /api/x HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\n\r\n',
    );

    expect(old.statuses).toEqual([200]);
    expect(bodiless.status).toBe(200);
    expect(threats.upstream.requests.map(({ body }) => body)).toEqual(['ab', '']);
  });

  it.each([
    ['an empty name', ': x\r\n'],
    ['a blank for a name', ' : x\r\n'],
    ['a blank inside a name', 'X Test: x\r\n'],
    ['a NUL in a name', 'X\0Test: x\r\n'],
    ['a byte beyond ASCII in a name', 'X-T\xe9st: x\r\n'],
    ['a bracket in a name', 'X[Test]: x\r\n'],
    ['quotes around a name', '"X-Test": x\r\n'],
    ['an empty name that ends the names', 'X-Test: x\r\n: Content-Length: 5\r\n'],
  ])('[15] refuses a field whose name is empty or no token: %s', async (_, fields) => {
    expect(await threats.refuse(`GET /api/x HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n`)).toEqual(REFUSED);
  });

  it.each([
    ['NUL in Host', 'Host: a\0.b\r\n'],
    ['NUL in a value', 'Host: gateway\r\nX-Test: a\0b\r\n'],
    ['NUL behind a value', 'Host: gateway\r\nX-Test: a\0\r\n'],
    ['backspace', 'Host: gateway\r\nX-Test: a\x08b\r\n'],
    ['vertical tab', 'Host: gateway\r\nX-Test: a\x0bb\r\n'],
    ['escape', 'Host: gateway\r\nX-Test: a\x1b[0mb\r\n'],
    ['delete', 'Host: gateway\r\nX-Test: a\x7fb\r\n'],
    ['NUL in the target', 'Host: gateway\r\n', '/api/x\0'],
    ['NUL in a cookie', 'Host: gateway\r\nCookie: a\0b\r\n'],
  ])('[16] refuses a control byte in a field value or a target: %s', async (_, fields, target = '/api/x') => {
    expect(await threats.refuse(`GET ${target} HTTP/1.1\r\n${fields}\r\n`)).toEqual(REFUSED);
  });

  it('[17] writes no decoded byte into the request line when a prefix is replaced', async () => {
    const answer = await threats.send(
      'GET /api/%20HTTP/1.1%0d%0aX:y?a=%0d%0aX:y HTTP/1.1\r\nHost: gateway\r\n\r\n',
    );

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.target.toLowerCase()).toBe('/public/%20http/1.1%0d%0ax:y?a=%0d%0ax:y');
    expect(request.values('x')).toEqual([]);
  });

  ofCode('[17] writes no decoded byte into the request line when a handler fills a template', async () => {
    const answer = await threats.send(
      'GET /shaped/named/%20HTTP%3a1.1%0d%0aX:y?q=%0d%0aX:y HTTP/1.1\r\nHost: gateway\r\n\r\n',
    );

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.target.toLowerCase()).toBe('/things/%20http%3a1.1%0d%0ax%3ay?search=%0d%0ax:y&page=1');
    expect(request.values('x')).toEqual([]);
  });

  ofCode.each([
    ['CRLF', '%0d%0aX-Smuggled:%20y'],
    ['LF', 'a%0aX-Smuggled:%20y'],
    ['CR', 'a%0db'],
    ['NUL-like controls', 'a%01b'],
    ['a character beyond latin1', 'a%e2%80%a8b'],
  ])('[18] lets no handler write %s into a header: it fails, and nothing is sent', async (_, value) => {
    const answer = await threats.send(`GET /shaped/copied/${value} HTTP/1.1\r\nHost: gateway\r\n\r\n`);

    expect(answer.status).toBe(500);
    expect(await threats.forwarded()).toBe('');
  });

  ofCode.each([
    'content-length',
    'Transfer-Encoding',
    'connection',
    'upgrade',
    'te',
    'trailer',
    'keep-alive',
  ])('[18] lets no handler frame the request itself: %s', async (name) => {
    const answer = await threats.send(
      `POST /shaped/framed/${name} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\nab`,
    );

    expect(answer.status).toBe(500);
    expect(await threats.forwarded()).toBe('');
  });

  it.each([
    ['GET', 'Content-Length: 10\r\n', '0123456789'],
    ['DELETE', 'Content-Length: 10\r\n', '0123456789'],
    ['OPTIONS', 'Content-Length: 10\r\n', '0123456789'],
    ['HEAD', 'Content-Length: 10\r\n', '0123456789'],
    ['GET', 'Transfer-Encoding: chunked\r\n', 'a\r\n0123456789\r\n0\r\n\r\n'],
    ['DELETE', 'Transfer-Encoding: chunked\r\n', 'a\r\n0123456789\r\n0\r\n\r\n'],
  ])('[20] forwards the body of a %s with it (%s)', async (method, fields, body) => {
    const answer = await threats.send(`${method} /api/x HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n${body}`);

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request).toMatchObject({ method, body: '0123456789' });
  });

  ofCode.each([
    ['GET', 'Content-Length: 10\r\n', '0123456789'],
    ['POST', 'Content-Length: 10\r\n', '0123456789'],
    ['DELETE', 'Transfer-Encoding: chunked\r\n', 'a;x=y\r\n0123456789\r\n0\r\nAuthorization: forged\r\n\r\n'],
    ['POST', 'Transfer-Encoding: chunked\r\n', 'a;x=y\r\n0123456789\r\n0\r\nAuthorization: forged\r\n\r\n'],
  ])(
    '[20] forwards the body of a %s through http-proxy-middleware, too (%s)',
    async (method, fields, body) => {
      const answer = await threats.send(
        `${method} /legacy/x HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n${body}`,
      );

      const request = await threats.only();
      expect(answer.status).toBe(200);
      expect(request).toMatchObject({ method, target: '/legacy/x', body: '0123456789', trailers: [] });
      expect(request.raw).not.toContain('forged');
    },
  );

  it('[20] reads a request behind a GET with a body as the next one', async () => {
    const bytes =
      'GET /api/1 HTTP/1.1\r\nHost: gateway\r\nContent-Length: 4\r\n\r\nbody' +
      'GET /api/2 HTTP/1.1\r\nHost: gateway\r\n\r\n';
    const client = new RawClient(threats.running.port).send(bytes);

    const statuses = [(await client.answer()).status, (await client.answer()).status];

    client.close();
    expect(statuses).toEqual([200, 200]);
    const seen = threats.upstream.requests.map(({ target, body }) => `${target} ${body}`);
    expect(seen.sort((one, other) => one.localeCompare(other))).toEqual(['/public/1 body', '/public/2 ']);
  });

  it('[21] drops trailers that would be believed as headers', async () => {
    const names = [
      'Authorization',
      'Cookie',
      'Host',
      'Trailer',
      'Keep-Alive',
      'Expect',
      'Content-Type',
      'Content-Encoding',
      'Forwarded',
      'X-Forwarded-For',
      'X_Forwarded_For',
      'X-Real-IP',
      'X-Consumer-ID',
      'X_Consumer_ID',
      'X-Correlation-ID',
      'X-API-Key',
      'X-HTTP-Method-Override',
      'Content_Length',
    ];
    const trailers = names.map((name) => `${name}: forged\r\n`).join('');
    const fields = `Trailer: ${names.join(', ')}\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n`;

    const answer = await threats.send(post(fields, `2\r\nab\r\n0\r\n${trailers}\r\n`));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.body).toBe('ab');
    expect(request.trailers).toEqual([]);
    expect(request.raw).not.toContain('forged');
    expect(request.values('x-forwarded-for')).toEqual(['127.0.0.1']);
  });

  it('[21] drops a trailer that Connection names', async () => {
    const fields = 'Connection: X-Checksum\r\nTransfer-Encoding: chunked\r\n';

    const answer = await threats.send(post(fields, '2\r\nab\r\n0\r\nX-Checksum: forged\r\n\r\n'));

    expect(answer.status).toBe(200);
    expect((await threats.only()).raw).not.toContain('forged');
  });

  it.each(['Content-Length: 5', 'Transfer-Encoding: chunked', 'Connection: close', 'Upgrade: websocket'])(
    '[21] never lets a trailer frame anything: %s',
    async (trailer) => {
      const closing = 'Connection: close\r\nTransfer-Encoding: chunked\r\n';

      const { statuses, closed } = await untilClosed(
        threats.running.port,
        post(closing, `2\r\nab\r\n0\r\n${trailer}\r\n\r\n`),
      );

      const forwarded = await threats.forwarded();
      expect(closed).toBe(true);
      if (statuses[0] === 400) return expect(forwarded).not.toContain('0\r\n\r\n');
      expect(statuses).toEqual([200]);
      expect(await threats.only()).toMatchObject({ body: 'ab', trailers: [] });
    },
  );

  it.each([
    ['a bare LF', 'X-Test: a\n\r\n'],
    ['no colon', 'X-Test\r\n\r\n'],
    ['a NUL', 'X-Test: a\0b\r\n\r\n'],
    ['a continuation', 'X-Test: a\r\n b\r\n\r\n'],
  ])('[21] never completes a request with a malformed trailer: %s', async (_, trailer) => {
    const outcome = await threats.refuse(chunked(`2\r\nab\r\n0\r\n${trailer}`));

    expect(outcome).toMatchObject({ statuses: [400], closed: true });
    expect(outcome.forwarded).not.toContain('0\r\n\r\n');
    expect(outcome.forwarded).not.toContain('behind');
  });

  async function sendNext(): Promise<number> {
    threats.upstream.onHead = undefined;
    const answer = await sendRaw(threats.running.port, 'GET /api/next HTTP/1.1\r\nHost: gateway\r\n\r\n');
    return answer.status;
  }
});

describe('transforms that would frame or split a message', () => {
  it.each([
    ['content-length in a request', edited({ request: { set: { 'Content-Length': '5' } } })],
    ['content-length by a new name', edited({ request: { rename: { 'X-Length': 'content-length' } } })],
    ['transfer-encoding in a request', edited({ request: { add: { 'Transfer-Encoding': 'chunked' } } })],
    ['connection in a request', edited({ request: { append: { Connection: 'close' } } })],
    ['upgrade in a request', edited({ request: { set: { Upgrade: 'websocket' } } })],
    ['content-length in an answer', edited({ response: { set: { 'Content-Length': '5' } } })],
    ['transfer-encoding in an answer', edited({ response: { set: { 'Transfer-Encoding': 'chunked' } } })],
    ['CRLF in a request value', edited({ request: { set: { 'X-Test': 'a\r\nX: y' } } })],
    ['LF in a request value', edited({ request: { append: { 'X-Test': 'a\nX: y' } } })],
    ['NUL in a request value', edited({ request: { add: { 'X-Test': 'a\0b' } } })],
    ['CRLF in an answer value', edited({ response: { set: { 'X-Test': 'a\r\nX: y' } } })],
    ['CRLF in a name', edited({ request: { set: { 'X-Test\r\nX': 'a' } } })],
    ['an empty name', edited({ request: { set: { '': 'a' } } })],
  ])('[18] do not boot: %s', async (_, module) => {
    const environment = { UPSTREAM_URL: 'http://127.0.0.1:1' };

    const started = startGateway(module, { environment });

    await expect(started).rejects.toThrow(/headers\.(set|add|append|rename)/);
  });
});
