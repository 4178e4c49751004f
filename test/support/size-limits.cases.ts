import { once } from 'node:events';
import { expect, it } from 'vitest';
import { expectProblem, getOf, type LimitPromises, type LimitsContext, postOf } from './limits.app.js';
import { type RawAnswer, RawClient, sendRaw } from './raw.client.js';

/** Small, so that a test is quick to reach them. */
export const SIZE_LIMITS = {
  BODY_LIMIT_BYTES: 4_096,
  MAX_HEADER_BYTES: 2_048,
  MAX_HEADER_COUNT: 20,
  MAX_URL_BYTES: 256,
  UPSTREAM_MAX_HEADER_BYTES: 1_024,
  UPSTREAM_MAX_HEADER_COUNT: 10,
  UPSTREAM_MAX_INFORMATIONAL: 2,
  UPSTREAM_MAX_CHUNK_EXTENSION_BYTES: 64,
} as const;

const CHUNKED = 'Transfer-Encoding: chunked';

const withLength = (bytes: number): string =>
  postOf('/notes/a', `Content-Length: ${bytes}`) + 'x'.repeat(bytes);
const inChunks = (bytes: number): string =>
  `${postOf('/notes/a', CHUNKED)}${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`;

/** A path, field names and field values of so many bytes together. */
function headOf(bytes: number): string {
  const counted = '/notes/a'.length + 'Hostgw'.length + 'X'.length;
  return getOf('/notes/a', `X: ${'v'.repeat(bytes - counted)}\r\n`);
}

/** A trailer field whose name and value are of so many bytes. */
const trailerOf = (bytes: number): string =>
  `${postOf('/notes/a', CHUNKED)}1\r\na\r\n0\r\nX: ${'t'.repeat(bytes - 1)}\r\n\r\n`;

const fieldsOf = (count: number): string => Array.from({ length: count }, (_, i) => `X-${i}: v\r\n`).join('');

/** An upstream's answer whose status line and fields are of so many bytes together. */
function answerHeadOf(bytes: number): string {
  const [front, back] = ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ', '\r\n\r\n'];
  return `${front}${'v'.repeat(bytes - front.length - back.length)}${back}ok`;
}

const CHUNKED_ANSWER = `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n\r\n`;
/** Two chunks that have so many bytes of extensions together. */
const extendedChunks = (bytes: number): string =>
  `1;${'e'.repeat(bytes - 10)}\r\na\r\n1;${'e'.repeat(10)}\r\nb\r\n0\r\n\r\n`;

/** What the client gets when the upstream writes these bytes. */
function answered({ running, wire }: LimitsContext, bytes: string): Promise<RawAnswer> {
  wire.script = ({ socket }) => socket.write(Buffer.from(bytes, 'latin1'));
  return sendRaw(running.port, getOf('/wire'));
}

/** The limits of what a message may measure. */
export const SIZE_PROMISES: Readonly<Record<keyof typeof SIZE_LIMITS, LimitPromises>> = {
  BODY_LIMIT_BYTES: (context) => {
    it.each([
      ['with a length', withLength],
      ['in chunks', inChunks],
    ])('bounds a body that comes %s', async (_, requestOf) => {
      const within = await sendRaw(context.running.port, requestOf(SIZE_LIMITS.BODY_LIMIT_BYTES));
      const beyond = await sendRaw(context.running.port, requestOf(SIZE_LIMITS.BODY_LIMIT_BYTES + 1));

      expect(within.status).toBe(200);
      expectProblem(beyond, 413, 'body-too-large');
    });
  },

  MAX_HEADER_BYTES: (context) => {
    it.each([
      ['path, names and values', headOf],
      ['trailer names and values', trailerOf],
    ])('bounds %s', async (_, requestOf) => {
      const within = await sendRaw(context.running.port, requestOf(SIZE_LIMITS.MAX_HEADER_BYTES));
      const beyond = await sendRaw(context.running.port, requestOf(SIZE_LIMITS.MAX_HEADER_BYTES + 1));

      expect(within.status).toBe(200);
      expectProblem(beyond, 431, 'headers-too-large');
    });
  },

  MAX_HEADER_COUNT: (context) => {
    it('bounds the fields, however far beyond it they are', async () => {
      // Host is one of them.
      const others = SIZE_LIMITS.MAX_HEADER_COUNT - 1;

      const within = await sendRaw(context.running.port, getOf('/notes/a', fieldsOf(others)));
      const beyond = await sendRaw(context.running.port, getOf('/notes/a', fieldsOf(others + 1)));
      const farBeyond = await sendRaw(context.running.port, getOf('/notes/a', fieldsOf(others + 50)));

      expect(within.status).toBe(200);
      expectProblem(beyond, 431, 'headers-too-large');
      expectProblem(farBeyond, 431, 'headers-too-large');
    });
  },

  MAX_URL_BYTES: (context) => {
    it.each([
      ['a path', '/notes/a'],
      ['path and query together', '/notes/a?q='],
    ])('bounds %s', async (_, start) => {
      const request = (bytes: number): string => getOf(start.padEnd(bytes, 'x'));

      const within = await sendRaw(context.running.port, request(SIZE_LIMITS.MAX_URL_BYTES));
      const beyond = await sendRaw(context.running.port, request(SIZE_LIMITS.MAX_URL_BYTES + 1));

      expect(within.status).toBe(200);
      expectProblem(beyond, 414, 'uri-too-long');
    });
  },

  UPSTREAM_MAX_HEADER_BYTES: (context) => {
    it("bounds an answer's status line and fields", async () => {
      const within = await answered(context, answerHeadOf(SIZE_LIMITS.UPSTREAM_MAX_HEADER_BYTES));
      const beyond = await answered(context, answerHeadOf(SIZE_LIMITS.UPSTREAM_MAX_HEADER_BYTES + 1));

      expect(within.status).toBe(200);
      expectProblem(beyond, 502, 'upstream-protocol');
    });
  },

  UPSTREAM_MAX_HEADER_COUNT: (context) => {
    it("bounds an answer's fields", async () => {
      const answer = (count: number): string =>
        `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${fieldsOf(count - 1)}\r\nok`;

      const within = await answered(context, answer(SIZE_LIMITS.UPSTREAM_MAX_HEADER_COUNT));
      const beyond = await answered(context, answer(SIZE_LIMITS.UPSTREAM_MAX_HEADER_COUNT + 1));

      expect(within.status).toBe(200);
      expectProblem(beyond, 502, 'upstream-protocol');
    });
  },

  UPSTREAM_MAX_INFORMATIONAL: (context) => {
    it('bounds the 1xx in front of an answer', async () => {
      const answer = (count: number): string =>
        `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(count)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`;

      const within = await answered(context, answer(SIZE_LIMITS.UPSTREAM_MAX_INFORMATIONAL));
      const beyond = await answered(context, answer(SIZE_LIMITS.UPSTREAM_MAX_INFORMATIONAL + 1));

      expect(within.status).toBe(200);
      expectProblem(beyond, 502, 'upstream-protocol');
    });
  },

  UPSTREAM_MAX_CHUNK_EXTENSION_BYTES: (context) => {
    const limit = SIZE_LIMITS.UPSTREAM_MAX_CHUNK_EXTENSION_BYTES;

    it('bounds the extensions of all chunks together', async () => {
      const within = await answered(context, CHUNKED_ANSWER + extendedChunks(limit));
      const beyond = await answered(context, CHUNKED_ANSWER + extendedChunks(limit + 1));

      expect([within.status, within.body.toString()]).toEqual([200, 'ab']);
      expectProblem(beyond, 502, 'upstream-protocol');
    });

    it('cuts an answer that has begun', async () => {
      const client = new RawClient(context.running.port);
      context.wire.script = ({ socket }) => socket.write(`${CHUNKED_ANSWER}1\r\na\r\n`);

      client.send(getOf('/wire'));
      await once(client.socket, 'data');
      context.wire.requests.at(-1)?.socket.write(extendedChunks(limit + 1));
      const answer = await client.answer();

      expect([answer.status, answer.complete]).toEqual([200, false]);
      client.close();
    });
  },
};

/** Node's own limit, which no variable moves. */
export const REQUEST_CHUNK_EXTENSION_BYTES = 16_384;

/** What holds beside the variables. */
export const FIXED_SIZE_PROMISES: LimitPromises = (context) => {
  it('bounds the extensions of each chunk of a request', async () => {
    const request = (bytes: number): string =>
      `${postOf('/notes/a', CHUNKED)}1;${'e'.repeat(bytes)}\r\na\r\n0\r\n\r\n`;

    const within = await sendRaw(context.running.port, request(REQUEST_CHUNK_EXTENSION_BYTES));
    const beyond = await sendRaw(context.running.port, request(REQUEST_CHUNK_EXTENSION_BYTES + 1));

    expect(within.status).toBe(200);
    expectProblem(beyond, 413, 'body-too-large');
  });

  it('bounds the trailer fields of a request, at one more than its header fields', async () => {
    const request = (count: number): string =>
      `${postOf('/notes/a', CHUNKED)}1\r\na\r\n0\r\n${fieldsOf(count)}\r\n`;

    const within = await sendRaw(context.running.port, request(SIZE_LIMITS.MAX_HEADER_COUNT + 1));
    const beyond = await sendRaw(context.running.port, request(SIZE_LIMITS.MAX_HEADER_COUNT + 2));

    expect(within.status).toBe(200);
    expectProblem(beyond, 431, 'headers-too-large');
  });
};
