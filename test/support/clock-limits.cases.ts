import { once } from 'node:events';
import { setTimeout as pass } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { expectProblem, getOf, LARGE, type LimitPromises, type LimitsContext, postOf } from './limits.app.js';
import { RawClient } from './raw.client.js';
import { readNothing, readWithRests } from './slow.reader.js';

/** Short, so that a test waits for none of them for long, and far enough apart to tell which one struck. */
export const CLOCK_LIMITS = {
  BODY_MIN_BYTES_PER_SECOND: 2_000,
  BODY_GRACE_MS: 300,
  HEADERS_TIMEOUT_MS: 600,
  REQUEST_TIMEOUT_MS: 1_200,
  WRITE_TIMEOUT_MS: 500,
  KEEP_ALIVE_TIMEOUT_MS: 400,
} as const;

/** How an upload is sent. */
interface Framing {
  head(bytes: number): string;
  piece(text: string): string;
  readonly end: string;
}

const withLength = (path: string): Framing => ({
  head: (bytes) => postOf(path, `Content-Length: ${bytes}`),
  piece: (text) => text,
  end: '',
});

/** The kinds of route, and of what reads a body: a gate that gathers it, one that lets it stream, a body parser. */
const UPLOADS: readonly (readonly [kind: string, framing: Framing])[] = [
  ['a proxied body with a length', withLength('/notes/a')],
  [
    'a proxied body in chunks',
    {
      head: () => postOf('/notes/a', 'Transfer-Encoding: chunked'),
      piece: (text) => `${text.length.toString(16)}\r\n${text}\r\n`,
      end: '0\r\n\r\n',
    },
  ],
  ["the body of a team's own controller", withLength('/own/form')],
];

/** A JSON document of so many bytes. */
const documentOf = (bytes: number): string => `{"text":"${'x'.repeat(bytes - 11)}"}`;

const msSince = (start: number): number => performance.now() - start;

/** Sends an upload in pieces at a steady pace until it is complete or the other side has answered. */
async function upload(
  client: RawClient,
  framing: Framing,
  bytes: number,
  pace: { readonly bytes: number; readonly everyMs: number },
): Promise<void> {
  const text = documentOf(bytes);
  let answered = false;
  client.socket.once('data', () => {
    answered = true;
  });
  client.send(framing.head(bytes));
  for (let at = 0; at < bytes && !answered; at += pace.bytes) {
    client.send(framing.piece(text.slice(at, at + pace.bytes)));
    await pass(pace.everyMs);
  }
  if (!answered) client.send(framing.end);
}

/** Sends an upload all but its last byte, and that one when asked to. */
function nearly(client: RawClient, framing: Framing, bytes: number, last = 1): () => void {
  const text = documentOf(bytes);
  client.send(framing.head(bytes) + framing.piece(text.slice(0, bytes - last)));
  return () => void client.send(framing.piece(text.slice(bytes - last)) + framing.end);
}

/** Side by side: each waits for the same clock. */
async function onEveryUpload(promise: (framing: Framing) => Promise<void>): Promise<void> {
  const outcomes = await Promise.all(
    UPLOADS.map(([kind, framing]) => promise(framing).catch((cause) => new Error(kind, { cause }))),
  );
  expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([]);
}

const accepted = expect.toBeOneOf([200, 201]);

/** The limits of how long a client may take. */
export const CLOCK_PROMISES: Readonly<Record<keyof typeof CLOCK_LIMITS, LimitPromises>> = {
  BODY_MIN_BYTES_PER_SECOND: (context) => {
    const { BODY_MIN_BYTES_PER_SECOND: pace, BODY_GRACE_MS: graceMs } = CLOCK_LIMITS;
    const everyMs = 50;
    const times = (factor: number) => ({ bytes: (pace * factor * everyMs) / 1_000, everyMs });

    it('lets a body pass that keeps it', () =>
      onEveryUpload(async (framing) => {
        const client = new RawClient(context.running.port);

        await upload(client, framing, 6_000, times(4));
        const answer = await client.answer('POST');

        expect(answer.status).toEqual(accepted);
        client.close();
      }));

    it('answers 408 to a body that does not, and closes', () =>
      onEveryUpload(async (framing) => {
        const client = new RawClient(context.running.port);
        const start = performance.now();

        await upload(client, framing, 6_000, times(0.2));
        const answer = await client.answer('POST');

        expectProblem(answer, 408, 'request-timeout');
        expect(answer.json()).toMatchObject({ correlationId: answer.values('x-correlation-id')[0] });
        expect(answer.values('connection')).toEqual(['close']);
        expect(msSince(start)).toBeGreaterThanOrEqual(graceMs);
        await client.closed();
        client.close();
      }));

    it('lets the upstream connection go at once, and cuts an answer that has begun', async () => {
      const client = new RawClient(context.running.port);
      context.wire.script = ({ head, socket }) =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${head.includes('/early') ? 5 : 9}\r\n\r\nhello`);
      const [, inChunks] = UPLOADS[1] as (typeof UPLOADS)[number];

      client.send(`${postOf('/wire', 'Transfer-Encoding: chunked')}${inChunks.piece('x')}`);
      const answer = await client.answer('POST');
      const upstream = context.wire.requests.at(-1)?.socket;
      if (upstream?.closed === false) await once(upstream, 'close');

      expect([answer.status, answer.complete]).toEqual([200, false]);
      await vi.waitFor(() => expect(errorsOf(context, '/wire')).toContain('request-timeout'));
      client.close();
    });

    it('closes a connection whose upload goes on behind its answer, slower than that', async () => {
      const client = new RawClient(context.running.port);
      // Too long to be gathered, so that the upstream answers its beginning; short enough to be read away.
      client.send(`${postOf('/wire/early', 'Content-Length: 60000')}x`);

      const answer = await client.answer('POST');
      const start = performance.now();
      await client.closed();

      expect([answer.status, answer.complete, answer.values('connection')]).toEqual([
        200,
        true,
        ['keep-alive'],
      ]);
      expect(msSince(start)).toBeLessThan(CLOCK_LIMITS.REQUEST_TIMEOUT_MS);
      client.close();
    });
  },

  BODY_GRACE_MS: (context) => {
    it('lets a body pass that is slow and over in time', () =>
      onEveryUpload(async (framing) => {
        const client = new RawClient(context.running.port);

        const complete = nearly(client, framing, 40, 20);
        await pass(CLOCK_LIMITS.BODY_GRACE_MS / 2);
        complete();
        const answer = await client.answer('POST');

        expect(answer.status).toEqual(accepted);
        client.close();
      }));

    it('answers 408 to a body that is not', () =>
      onEveryUpload(async (framing) => {
        const client = new RawClient(context.running.port);

        nearly(client, framing, 40, 20);
        const answer = await client.answer('POST');

        expectProblem(answer, 408, 'request-timeout');
        client.close();
      }));
  },

  HEADERS_TIMEOUT_MS: (context) => {
    const timeoutMs = CLOCK_LIMITS.HEADERS_TIMEOUT_MS;

    it('lets a head pass that is complete in time', async () => {
      const client = new RawClient(context.running.port);

      client.send('GET /notes/a HTTP/1.1\r\nHo');
      await pass(timeoutMs / 3);
      client.send('st: gw\r\n\r\n');
      const answer = await client.answer();

      expect(answer.status).toBe(200);
      client.close();
    });

    it.each([
      ['never says a word', ''],
      ['stops in the middle of its head', 'GET /notes/a HTTP/1.1\r\nHo'],
    ])('answers 408 to a client that %s, and closes', async (_, bytes) => {
      const start = performance.now();
      const client = new RawClient(context.running.port).send(bytes);

      const answer = await client.answer();
      await client.closed();

      expectProblem(answer, 408, 'request-timeout');
      expect(msSince(start)).toBeGreaterThanOrEqual(timeoutMs);
      client.close();
    });

    it('answers 408 to a client that keeps a second head from ending, a byte at a time', async () => {
      const client = new RawClient(context.running.port);

      await client.send(getOf('/notes/a')).answer();
      const start = performance.now();
      client.send('GET /notes/a HTTP/1.1\r\nX: ');
      const drip = setInterval(() => client.send('x'), 50);
      const answer = await client.answer().finally(() => clearInterval(drip));
      await client.closed();

      expectProblem(answer, 408, 'request-timeout');
      expect(msSince(start)).toBeGreaterThanOrEqual(timeoutMs);
      client.close();
    });
  },

  REQUEST_TIMEOUT_MS: (context) => {
    const timeoutMs = CLOCK_LIMITS.REQUEST_TIMEOUT_MS;
    // Fast on average until the clock of the whole request strikes.
    const bytes = CLOCK_LIMITS.BODY_MIN_BYTES_PER_SECOND * 4;

    it('lets a body pass that is complete in time', () =>
      onEveryUpload(async (framing) => {
        const client = new RawClient(context.running.port);

        const complete = nearly(client, framing, bytes);
        await pass(timeoutMs / 3);
        complete();
        const answer = await client.answer('POST');

        expect(answer.status).toEqual(accepted);
        client.close();
      }));

    it('answers 408 to a body that is not, and closes', () =>
      onEveryUpload(async (framing) => {
        const client = new RawClient(context.running.port);
        const start = performance.now();

        nearly(client, framing, bytes);
        const answer = await client.answer('POST');
        await client.closed();

        expectProblem(answer, 408, 'request-timeout');
        expect(msSince(start)).toBeGreaterThanOrEqual(timeoutMs);
        client.close();
      }));
  },

  WRITE_TIMEOUT_MS: (context) => {
    const timeoutMs = CLOCK_LIMITS.WRITE_TIMEOUT_MS;

    it('sends an answer whole to a client that rests for less', async () => {
      const request = getOf('/notes/large', 'Connection: close\r\n');

      const taken = await readWithRests(context.running.port, request, timeoutMs / 4);

      expect(taken).toBeGreaterThan(LARGE.length);
    });

    it('cuts a client that takes nothing, and lets the upstream connection go', async () => {
      const cutAfterMs = await readNothing(context.running.port, getOf('/notes/large?never'));

      expect(cutAfterMs).toBeGreaterThanOrEqual(timeoutMs);
      await vi.waitFor(() => expect(errorsOf(context, '/notes/large')).toContain('client-closed'));
    });
  },

  KEEP_ALIVE_TIMEOUT_MS: (context) => {
    it('keeps an idle connection so long, announces it, and closes a second later', async () => {
      const timeoutMs = CLOCK_LIMITS.KEEP_ALIVE_TIMEOUT_MS;
      const client = new RawClient(context.running.port);

      await client.send(getOf('/notes/a')).answer();
      await pass(timeoutMs);
      const second = await client.send(getOf('/notes/a')).answer();
      const start = performance.now();
      await client.closed();

      expect(second.status).toBe(200);
      expect(second.values('keep-alive')).toEqual(['timeout=0']);
      expect(msSince(start)).toBeGreaterThan(timeoutMs + 900);
      expect(msSince(start)).toBeLessThan(timeoutMs + 5_000);
      client.close();
    });
  },
};

/** The errors on record for a path. */
function errorsOf({ running }: LimitsContext, path: string): unknown[] {
  return running.lines().flatMap((line) => (line['path'] === path ? [line['error']] : []));
}
