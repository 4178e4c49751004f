import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import type { RequestBody, StreamedBody } from '../../../../src/contracts/upstream-request.js';
import { BodyLimit } from '../../../../src/policies/body-limit/body-limit.decorator.js';
import { type BodySize, sizeBytes } from '../../../../src/policies/body-limit/body-limit.options.js';
import { BodyLimitPolicy } from '../../../../src/policies/body-limit/body-limit.policy.js';
import { bodyLimitStage } from '../../../../src/policies/body-limit/body-limit.stage.js';

function exchangeWith(body: RequestBody, req = {} as IncomingMessage, res = {} as ServerResponse): Exchange {
  const exchange = new Exchange(req, res, 'POST', '/api/users', '', '10.0.0.1', 'id-1', 0, body);
  exchange.call = new ForwardCall(exchange, 'POST', '/users', '?a=1', body).withHeader('x-a', '1');
  return exchange;
}

const chunked = (stream: Readable): RequestBody => ({ stream, length: undefined });
const streamOf = (body: RequestBody): Readable => (body as StreamedBody).stream;

/** What came through, and the error that broke it off. */
async function drain(stream: Readable): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { bytes: Buffer.concat(chunks), error: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
}

describe('a body limit, where the length is known', () => {
  const stage = bodyLimitStage(1024);

  it('answers 413 at once at one byte too many and touches nothing at the limit', () => {
    const never = new Readable({
      read() {
        throw new Error('read before it was judged');
      },
    });
    const atLimit = exchangeWith({ stream: never, length: 1024 });
    const over = exchangeWith({ stream: never, length: 1025 });

    stage(atLimit);
    const judge = () => stage(over);

    expect(streamOf(atLimit.body)).toBe(never);
    expect(judge).toThrow(GatewayError);
    expect(judge).toThrow(
      expect.objectContaining({
        code: 'body-too-large',
        status: 413,
        policy: 'body-limit',
        detail: 'At most 1kb are allowed.',
      }),
    );
  });

  it('judges a body in memory too, and a request without one passes', () => {
    const over = () => stage(exchangeWith(Buffer.alloc(1025)));
    const none = exchangeWith(undefined);

    stage(none);
    stage(exchangeWith(Buffer.alloc(1024)));

    expect(over).toThrow(expect.objectContaining({ code: 'body-too-large' }));
    expect(none.body).toBeUndefined();
  });
});

describe('a body limit, where the length is unknown', () => {
  it('passes exactly what came up to the limit and fails at one byte more, however it is cut', async () => {
    const cuts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 12 });

    const property = fc.asyncProperty(cuts, fc.boolean(), async (pieces, roomForAll) => {
      const all = Buffer.concat(pieces);
      const limit = roomForAll ? all.length : all.length - 1;
      fc.pre(limit > 0);
      const exchange = exchangeWith(chunked(Readable.from(pieces.map((piece) => Buffer.from(piece)))));
      bodyLimitStage(limit)(exchange);

      const { bytes, error } = await drain(streamOf(exchange.body));

      if (roomForAll) expect([bytes.equals(all), error]).toEqual([true, undefined]);
      else expect(error).toMatchObject({ code: 'body-too-large', policy: 'body-limit' });
      expect(bytes.length).toBeLessThanOrEqual(limit);
    });

    await fc.assert(property, { seed: 20_266, numRuns: 150 });
  });

  it('gives the counted body to the call as well and keeps the rest of the call', () => {
    const exchange = exchangeWith(chunked(Readable.from([])));

    bodyLimitStage(10)(exchange);

    expect(exchange.call).toMatchObject({ method: 'POST', path: '/users', query: '?a=1' });
    expect(exchange.call?.body).toBe(exchange.body);
    expect(exchange.call?.headerEdits).toEqual([{ kind: 'set', name: 'x-a', value: '1' }]);
  });

  it('leaves a call alone whose body somebody replaced', () => {
    const exchange = exchangeWith(chunked(Readable.from([])));
    exchange.call = exchange.call?.withBody(Buffer.from('mine'));

    bodyLimitStage(10)(exchange);

    expect(exchange.call?.body).toEqual(Buffer.from('mine'));
  });

  it('reads nothing from the client before the forwarder reads', async () => {
    let reads = 0;
    const source = new Readable({
      read() {
        reads++;
      },
    });
    const exchange = exchangeWith(chunked(source));

    bodyLimitStage(10)(exchange);
    await turn();

    expect(reads).toBe(0);
  });

  it('reads no faster than the upstream takes', async () => {
    let sent = 0;
    const source = new Readable({
      highWaterMark: 16 * 1024,
      read() {
        sent += 16 * 1024;
        this.push(Buffer.alloc(16 * 1024));
      },
    });
    const exchange = exchangeWith(chunked(source));
    bodyLimitStage(1024 ** 3)(exchange);
    const counted = streamOf(exchange.body);

    counted.once('readable', () => {});
    for (let i = 0; i < 50; i++) await turn();

    expect(sent).toBeLessThanOrEqual(256 * 1024);
    counted.destroy();
  });

  it('tells that the client left when the body breaks off', async () => {
    const broken = new Readable({ read() {} });
    const exchange = exchangeWith(chunked(broken));
    bodyLimitStage(1024)(exchange);
    const reading = drain(streamOf(exchange.body));
    broken.push(Buffer.from('half'));
    await turn();

    broken.destroy(new Error('aborted'));
    const { error } = await reading;

    expect(error).toMatchObject({ code: 'client-closed' });
  });

  it('tells it also when the client had left before anybody read', async () => {
    const gone = new Readable({ read() {} });
    gone.destroy();
    await turn();
    const exchange = exchangeWith(chunked(gone));
    bodyLimitStage(1024)(exchange);

    const { error } = await drain(streamOf(exchange.body));

    expect(error).toMatchObject({ code: 'client-closed' });
  });
});

describe('a body limit on a real connection', () => {
  let server: Server;
  afterEach(() => new Promise((done) => server.close(done)));

  it('leaves the connection standing, so that an endless upload still reads its 413', async () => {
    server = createServer(async (req, res) => {
      const exchange = exchangeWith(chunked(req), req, res);
      bodyLimitStage(100_000)(exchange);
      const { bytes, error } = await drain(streamOf(exchange.body));
      const { status } = error as GatewayError;
      res.writeHead(status, { connection: 'close' }).end(String(bytes.length <= 100_000));
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;

    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const upload = request({ port, host: '127.0.0.1', method: 'POST' }, async (res) => {
        const { bytes } = await drain(res);
        resolve({ status: res.statusCode, body: bytes.toString() });
        upload.destroy();
      });
      upload.on('error', reject);
      const send = (): void => {
        while (!upload.destroyed && upload.write(Buffer.alloc(8_192)));
      };
      upload.on('drain', send);
      send();
    });

    expect(answer).toEqual({ status: 413, body: 'true' });
  });
});

describe('the declaration of a body limit', () => {
  const policy = new BodyLimitPolicy(10 * 1024 * 1024);

  it('reads sizes in units of 1024, and none as none', () => {
    const bytes = (['512b', '1kb', '1.5mb', '2gb', '3MB' as BodySize, 77, 0, 'none'] as const).map((size) =>
      sizeBytes(size as BodySize),
    );

    expect(bytes).toEqual([512, 1024, 1_572_864, 2_147_483_648, 3_145_728, 77, 0, 0]);
  });

  it('says what is wrong with any other', () => {
    const problems = ['5 parsecs', '', '1tb', '0.0001kb', '-1mb', -1, 1.5, Number.NaN, undefined].flatMap(
      (limit) => policy.check({ limit: limit as BodySize }),
    );

    expect(problems).toHaveLength(9);
    expect(problems[0]).toBe(
      `limit is "5 parsecs"; must be whole bytes, a size like '512kb' or '1mb', or 'none'.`,
    );
    expect(policy.check({ limit: 1, requireLength: 'yes' as unknown as boolean })).toEqual([
      'requireLength is "yes"; must be true or false.',
    ]);
    expect(problems[5]).toBe("limit is -1; must be whole bytes, a size like '512kb' or '1mb', or 'none'.");
  });

  it('stands on every route with the configured default, and costs nothing where it is lifted', () => {
    @BodyLimit('none')
    class UploadController {}
    const lifted = declaredPolicies(UploadController)[0];

    expect(policy.stage()).toBe('admission');
    expect(policy.defaultOptions).toEqual({ limit: 10_485_760 });
    expect(policy.describe(policy.defaultOptions)).toBe('10mb');
    expect(lifted).toEqual({ policy: 'body-limit', options: { limit: 'none' }, writtenAs: '@BodyLimit' });
    expect(policy.compile({ limit: 'none' })).toEqual({});
    expect(policy.describe({ limit: 'none' })).toBe('unlimited');
    expect(policy.describe({ limit: 1_025 })).toBe('1025 bytes');
    expect(policy.describe({ limit: 'none', requireLength: true })).toBe('unlimited, length required');
  });
});
