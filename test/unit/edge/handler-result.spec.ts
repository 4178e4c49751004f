import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { StreamableFile } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../src/contracts/gateway-error.js';
import { type BodySink, UpstreamResponse } from '../../../src/contracts/upstream-response.js';
import { asResponse, defaultStatus } from '../../../src/edge/handler-result.js';

/** Takes a body and remembers how it came. */
class Taker implements BodySink {
  readonly chunks: Buffer[] = [];
  error: GatewayError | undefined;
  readonly settled: Promise<'end' | 'fail'>;
  #settle: (how: 'end' | 'fail') => void = () => {};

  constructor(readonly takes = true) {
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    return this.takes;
  }

  end(): void {
    this.#settle('end');
  }

  fail(error: GatewayError): void {
    this.error = error;
    this.#settle('fail');
  }
}

describe('what a handler returned, as an answer', () => {
  it('passes an answer of an upstream on as it is', () => {
    const response = UpstreamResponse.json({ a: 1 }, 207);

    expect(asResponse(response, 200)).toBe(response);
  });

  it.each([
    ['an object', { a: 1 }, '{"a":1}', 'application/json; charset=utf-8'],
    ['a list', [1], '[1]', 'application/json; charset=utf-8'],
    ['text', 'hé', 'hé', 'text/html; charset=utf-8'],
    ['a number', 7, '7', 'text/html; charset=utf-8'],
    ['false', false, 'false', 'text/html; charset=utf-8'],
    ['bytes', Buffer.from('raw'), 'raw', 'application/octet-stream'],
    ['nothing', undefined, '', undefined],
    ['null', null, '', undefined],
  ])('writes %s', (_what, value, text, type) => {
    const response = asResponse(value, 202);

    expect(response.status).toBe(202);
    expect(response.body.whole?.toString()).toBe(text);
    expect(response.header('content-type')).toBe(type);
  });

  it('never writes an answer of an upstream that stands inside another value', () => {
    expect(() => asResponse({ inner: UpstreamResponse.json(1) }, 200)).toThrow(/never serialised/);
  });

  it('streams a file with its type, disposition and length', async () => {
    const file = new StreamableFile(Readable.from(['one,', Buffer.from('two')]), {
      type: 'text/csv',
      disposition: 'attachment',
      length: 7,
    });
    const taker = new Taker();

    const response = asResponse(file, 200);
    response.body.pipe(taker);

    expect(await taker.settled).toBe('end');
    expect(taker.text).toBe('one,two');
    expect(response.body.length).toBe(7);
    expect(response.header('content-type')).toBe('text/csv');
    expect(response.header('content-disposition')).toBe('attachment');
  });

  it('stops a stream that its reader cannot follow, until it asks for more', async () => {
    const source = new PassThrough();
    const taker = new Taker(false);

    const flow = asResponse(source, 200).body.pipe(taker);
    source.write('one');
    await setImmediate();
    source.end('two');
    await setImmediate();
    const before = taker.text;
    flow.resume();
    await setImmediate();
    flow.resume();

    expect(await taker.settled).toBe('end');
    expect(before).toBe('one');
    expect(taker.text).toBe('onetwo');
  });

  it.each([
    ['breaks', (source: PassThrough) => source.destroy(new Error('disk'))],
    ['is closed before its end', (source: PassThrough) => source.destroy()],
  ])('fails once when the stream %s', async (_what, act) => {
    const source = new PassThrough();
    const taker = new Taker();
    asResponse(source, 200).body.pipe(taker);

    act(source);

    expect(await taker.settled).toBe('fail');
    expect(taker.error?.code).toBe('internal');
  });

  it('fails when the stream was closed before anybody read it', async () => {
    const source = new PassThrough();
    source.destroy();
    const taker = new Taker();

    asResponse(source, 200).body.pipe(taker);

    expect(await taker.settled).toBe('fail');
  });

  it('fails, and does not end the process, when the stream holds something else than bytes or text', async () => {
    const source = Readable.from([{ not: 'bytes' }]);
    const taker = new Taker();

    asResponse(source, 200).body.pipe(taker);

    expect(await taker.settled).toBe('fail');
    expect(source.destroyed).toBe(true);
  });

  it.each(['cancel', 'discard'] as const)('closes the stream on %s', (how) => {
    const source = new PassThrough();
    const { body } = asResponse(source, 200);

    if (how === 'discard') body.discard();
    else body.pipe(new Taker()).cancel();

    expect(source.destroyed).toBe(true);
  });

  it('answers 201 to POST and 200 otherwise, as Nest does', () => {
    expect(['POST', 'GET', 'PUT', 'DELETE'].map(defaultStatus)).toEqual([201, 200, 200, 200]);
  });
});
