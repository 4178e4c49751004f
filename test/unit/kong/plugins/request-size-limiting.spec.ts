import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { StreamedBody } from '../../../../src/contracts/upstream-request.js';
import type { KongRequestSizeLimitingConfig } from '../../../../src/kong/kong-plugins.js';
import { KongRefusal } from '../../../../src/kong/plugins/kong-refusal.js';
import { REQUEST_SIZE_LIMITING_PLUGIN } from '../../../../src/kong/plugins/request-size-limiting.plugin.js';
import { outcomeOf, placeOf, sentExchange } from '../../../support/kong-plugin.place.js';

const DEFAULTS: KongRequestSizeLimitingConfig = {
  allowedPayloadSize: 128,
  sizeUnit: 'megabytes',
  requireContentLength: false,
};

const compiled = (config: Partial<KongRequestSizeLimitingConfig>) =>
  REQUEST_SIZE_LIMITING_PLUGIN.compile(placeOf('request-size-limiting', { ...DEFAULTS, ...config }));

/** A body of this length, of which nothing is read. */
const bodyOf = (length: number | undefined) => ({ stream: new Readable({ read: () => {} }), length });

const MIB = 1024 ** 2;
const BYTES = { allowedPayloadSize: 10, sizeUnit: 'bytes' } as const;

describe('request-size-limiting', () => {
  it.each([
    ['§6 request-size-limiting: 128 MiB by default', {}, 128 * MIB, true],
    ['§6 request-size-limiting: one byte beyond', {}, 128 * MIB + 1, false],
    [
      '§6 request-size-limiting: kilobytes of 1024',
      { allowedPayloadSize: 1, sizeUnit: 'kilobytes' },
      1024,
      true,
    ],
    ['§6 request-size-limiting: one beyond', { allowedPayloadSize: 1, sizeUnit: 'kilobytes' }, 1025, false],
    ['§6 request-size-limiting: bytes', BYTES, 10, true],
    ['§6 request-size-limiting: one byte too many', BYTES, 11, false],
    ['§6 request-size-limiting: 0 allows no body', { ...BYTES, allowedPayloadSize: 0 }, 1, false],
  ] as const)('%s', async (_, config, length, passes) => {
    const outcome = await outcomeOf(compiled(config), sentExchange({ method: 'POST', body: bodyOf(length) }));

    expect(outcome).toEqual(passes ? 'passed' : expect.any(KongRefusal));
  });

  it('§6 request-size-limiting: 0 lets requests without a body pass', async () => {
    expect(await outcomeOf(compiled({ ...BYTES, allowedPayloadSize: 0 }), sentExchange())).toBe('passed');
  });

  it.each([
    ['§6 request-size-limiting: 413', [], 413],
    ['§6 request-size-limiting: 417 where a 100 is expected', ['Expect', '100-continue'], 417],
    ['§6 request-size-limiting: the same in other letters', ['expect', '100-Continue'], 417],
  ])('%s', async (_, headers, status) => {
    const refusal = await outcomeOf(
      compiled(BYTES),
      sentExchange({ method: 'POST', headers, body: bodyOf(11) }),
    );

    expect(refusal).toMatchObject({
      code: 'body-too-large',
      policy: 'request-size-limiting',
      answer: { status, message: 'Request size limit exceeded' },
    });
  });

  it("§6 request-size-limiting: a body in chunks breaks off at the limit, in Kong's words", async () => {
    const exchange = sentExchange({
      method: 'POST',
      headers: ['Transfer-Encoding', 'chunked'],
      body: { stream: Readable.from([Buffer.alloc(6), Buffer.alloc(6)]), length: undefined },
    });

    await outcomeOf(compiled(BYTES), exchange);
    const read = (exchange.body as StreamedBody).stream.toArray();

    await expect(read).rejects.toMatchObject({
      answer: { status: 413, message: 'Request size limit exceeded' },
    });
  });

  it.each([
    ['§6 request-size-limiting: a length', 'POST', ['Content-Length', '9'], true],
    ['§6 request-size-limiting: a length of 0', 'POST', ['Content-Length', '0'], true],
    ['§6 request-size-limiting: chunks are let off', 'POST', ['Transfer-Encoding', 'chunked'], true],
    ['§6 request-size-limiting: neither', 'POST', [], false],
    ['§6 request-size-limiting: neither, nor a body', 'GET', [], false],
  ])('%s, where a length is required', async (_, method, headers, passes) => {
    const outcome = await outcomeOf(
      compiled({ ...BYTES, requireContentLength: true }),
      sentExchange({ method, headers }),
    );

    expect(outcome).toEqual(
      passes
        ? 'passed'
        : expect.objectContaining({
            code: 'length-required',
            answer: { status: 411, message: 'A valid Content-Length header is required' },
          }),
    );
  });

  it('§6 request-size-limiting: a required length is judged too', async () => {
    const outcome = await outcomeOf(
      compiled({ ...BYTES, requireContentLength: true }),
      sentExchange({ method: 'POST', headers: ['Content-Length', '11'], body: bodyOf(11) }),
    );

    expect(outcome).toMatchObject({ answer: { status: 413 } });
  });

  it('§2 runs behind authentication', () => {
    expect(REQUEST_SIZE_LIMITING_PLUGIN.priority).toBe(951);
  });
});
