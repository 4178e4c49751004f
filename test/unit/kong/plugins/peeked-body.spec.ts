import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { continueOnRead } from '../../../../src/edge/expect-continue.js';
import { PEEK_LIMIT_BYTES, peekBody } from '../../../../src/kong/plugins/key-auth/peeked-body.js';
import { exchangeOf, streamed } from './identity.fixture.js';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Uploads to a server that peeks and then reads on; tells what it saw. */
async function upload(bytes: Buffer, fields: Record<string, string>, expectsContinue = false) {
  const seen = Promise.withResolvers<{ peeked: Buffer | undefined; body: Buffer }>();
  const take: Parameters<typeof createServer>[1] = (req, res) => {
    if (expectsContinue) continueOnRead(req, res);
    const exchange = exchangeOf({ method: 'POST', body: streamed(req) });
    peekBody(exchange)
      .then(async (peeked) => {
        const { body } = exchange;
        const rest = Buffer.isBuffer(body) ? body : Buffer.concat(await req.toArray());
        seen.resolve({ peeked, body: rest });
        res.end();
      })
      .catch(seen.reject);
  };
  server = createServer(take).on('checkContinue', take);
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const client = request({ port, host: '127.0.0.1', method: 'POST', headers: fields });
  client.on('error', () => undefined);
  if (expectsContinue) client.on('continue', () => client.end(bytes));
  else {
    // In pieces, so that no one read brings all of it.
    for (let at = 0; at < bytes.length; at += 10_000) client.write(bytes.subarray(at, at + 10_000));
    client.end();
  }
  return seen.promise;
}

const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => i % 251));

describe('peekBody', () => {
  it.each<[row: string, length: number, peeked: boolean]>([
    ['an empty one', 0, true],
    ['a short one', 12, true],
    ['one at the limit', PEEK_LIMIT_BYTES, true],
    ['one a byte beyond it', PEEK_LIMIT_BYTES + 1, false],
    ['one far beyond it', 1_000_000, false],
  ])('loses nothing of a body from a socket: %s', async (_row, length, peeked) => {
    const bytes = pattern(length);

    const seen = await upload(bytes, { 'transfer-encoding': 'chunked' });

    expect(seen.peeked !== undefined).toBe(peeked);
    expect(seen.body.equals(bytes)).toBe(true);
  });

  it('asks a client for the body that it held back', async () => {
    const seen = await upload(pattern(100), { expect: '100-continue' }, true);

    expect(seen.peeked?.length).toBe(100);
  });
});
