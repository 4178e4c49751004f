import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WAYS } from '../../support/gateway.harness.js';
import {
  expectProblem,
  getOf,
  type LimitsContext,
  postOf,
  startLimits,
  stopLimits,
} from '../../support/limits.app.js';
import { RawClient } from '../../support/raw.client.js';
import { REFUSED, threatsOf } from '../../support/threats.fixture.js';

const MIB = 1024 * 1024;
const KIB = 1024;

describe.each(WAYS)('more than anybody needs, %s', (way) => {
  describe('in the header section', () => {
    const threats = threatsOf(way);
    const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    const fieldsOf = (count: number): string =>
      Array.from({ length: count }, (_, i) => `X${i}: y\r\n`).join('');

    it.each([
      ['2,000 fields', `GET /api/a HTTP/1.1\r\nHost: gateway\r\n${fieldsOf(2_000)}\r\n`, 431],
      [
        '2,000 fields of an upgrade',
        `GET /api/a HTTP/1.1\r\nHost: gateway\r\n${UPGRADE}${fieldsOf(2_000)}\r\n`,
        431,
      ],
      [
        'a field of 64 KiB',
        `GET /api/a HTTP/1.1\r\nHost: gateway\r\nX: ${'y'.repeat(64 * KIB)}\r\n\r\n`,
        431,
      ],
      ['a name of 64 KiB', `GET /api/a HTTP/1.1\r\nHost: gateway\r\n${'X'.repeat(64 * KIB)}: y\r\n\r\n`, 431],
    ])('[93] answers %s with 431, and serves others', async (_, bytes, status) => {
      const outcome = await threats.refuse(bytes);

      expect(outcome).toEqual({ ...REFUSED, statuses: [status] });
      expect((await threats.send(getOf('/api/a'))).status).toBe(200);
    });

    it('[93] answers a target of a mebibyte with 414 or 431, and serves others', async () => {
      const outcome = await threats.refuse(`GET /api/${'a'.repeat(MIB)} HTTP/1.1\r\nHost: gateway\r\n\r\n`);

      expect(outcome).toMatchObject({ closed: true, forwarded: '' });
      expect([[414], [431]]).toContainEqual(outcome.statuses);
      expect((await threats.send(getOf('/api/a'))).status).toBe(200);
    });
  });

  describe('in the body', () => {
    const LIMIT_BYTES = MIB;
    let context: LimitsContext;

    beforeAll(async () => {
      context = await startLimits(way, { BODY_LIMIT_BYTES: LIMIT_BYTES });
    });

    beforeEach(() => {
      context.notes.received.length = 0;
    });

    afterAll(() => stopLimits(context));

    it('[94] answers 10 GB that are announced with 413 before any comes', async () => {
      const client = new RawClient(context.running.port);

      const answer = await client.send(postOf('/notes/a', 'Content-Length: 10737418240')).answer('POST');
      await client.closed();

      expectProblem(answer, 413, 'body-too-large');
      expect(context.notes.received).toEqual([]);
      client.close();
    });

    it('[94] reads no further than the limit of endless chunks', async () => {
      const chunk = `4000\r\n${'x'.repeat(16 * KIB)}\r\n`;
      const client = new RawClient(context.running.port);
      const answered = client.send(postOf('/notes/a', 'Transfer-Encoding: chunked')).answer('POST');
      const flood = (): void => {
        while (client.socket.writable && client.socket.write(chunk));
      };
      client.socket.on('drain', flood);
      flood();

      const answer = await answered;

      expectProblem(answer, 413, 'body-too-large');
      const [correlationId] = answer.values('x-correlation-id');
      const line = await vi.waitUntil(() =>
        context.running.lines().find((one) => one['correlationId'] === correlationId),
      );
      expect(line).toMatchObject({ status: 413, path: '/notes/a' });
      expect(line['bytesIn']).toBeLessThanOrEqual(LIMIT_BYTES + 64 * KIB);
      expect(context.notes.received).toEqual([]);
      client.close();
    });
  });

  describe('in the path', () => {
    const LONG_BYTES = 60 * KIB;
    const TRIES = 40;
    /** What the round trip itself takes, which is no part of the growth. */
    const FLOOR_MS = 2;
    // Far above the default, so that a cost that grows with the square shows.
    const threats = threatsOf(way, {
      MAX_URL_BYTES: String(2 * LONG_BYTES),
      MAX_HEADER_BYTES: String(4 * LONG_BYTES),
    });

    const filled = (piece: string, bytes: number): string =>
      `/api/${piece.repeat(Math.ceil(bytes / piece.length)).slice(0, bytes)}a`;

    /** The least of several tries: what is slow by nature is slow every time. */
    async function leastMs(target: string, status = 200): Promise<number> {
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < TRIES; i++) {
        const start = performance.now();
        const answer = await threats.send(getOf(target));
        least = Math.min(least, performance.now() - start);
        expect(answer.status).toBe(status);
        threats.upstream.forget();
      }
      return least;
    }

    it.each([
      ['one segment', 'a'],
      ['many segments', 'a/'],
      ['escapes', '%61'],
      ['escaped escapes', '%2525'],
      ['escapes beyond ASCII', '%C3%A4'],
      ['parameters', ';a=b'],
      ['dots', '.a'],
      ['colons', ':a'],
    ])('[97] takes time in proportion for %s', async (_, piece) => {
      // Whole pieces: a cut escape is refused at a glance.
      const bytes = piece.length * Math.floor(LONG_BYTES / piece.length / 2);

      const once = await leastMs(filled(piece, bytes));
      const twice = await leastMs(filled(piece, bytes * 2));

      expect(twice).toBeLessThanOrEqual(2.5 * Math.max(once, FLOOR_MS));
    });

    it('[97] takes less than 10 ms for a path at the default limit', async () => {
      const ms = await leastMs(filled('a/', 8_192 - '/api/a'.length));

      expect(ms).toBeLessThan(10);
    });

    it('[97] takes no longer to refuse what is broken at its very end', async () => {
      const once = await leastMs(`${filled('%61/', LONG_BYTES / 2)}/%zz`, 400);
      const twice = await leastMs(`${filled('%61/', LONG_BYTES)}/%zz`, 400);

      expect(twice).toBeLessThanOrEqual(2.5 * Math.max(once, FLOOR_MS));
    });
  });
});
