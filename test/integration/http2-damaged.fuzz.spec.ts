import { expect, it } from 'vitest';
import { GatewayError } from '../../src/contracts/gateway-error.js';
import { seededNumbers } from '../support/faulty.traffic.js';
import {
  answer,
  DATA,
  END_STREAM,
  type FrameConnection,
  FrameUpstream,
  frame,
  head,
  PING,
  SETTINGS,
} from '../support/http2-frame.upstream.js';
import { readBody } from '../support/read-body.js';
import { UpstreamClient } from '../support/upstream.client.js';

const ROUNDS = process.env['PROOFS'] === undefined ? 500 : 20_000;
const SEED = 20_261_128;
const BODY = 'the body of the answer';

/** Proper answers of every make. */
const ANSWERS: readonly ((stream: number) => readonly Buffer[])[] = [
  (stream) => [answer(stream, BODY)],
  (stream) => [head(stream, 0, [':status', '103']), answer(stream, BODY)],
  (stream) => [
    head(stream, 0, [':status', '200'], ['content-length', String(BODY.length)]),
    frame(DATA, END_STREAM, stream, BODY),
  ],
  (stream) => [
    head(stream, 0, [':status', '200'], ['x-field', 'value']),
    frame(DATA, 0, stream, BODY.slice(0, 9)),
    frame(SETTINGS, 0, 0),
    frame(DATA, 0, stream, BODY.slice(9)),
    head(stream, END_STREAM, ['x-sum', '7']),
  ],
  (stream) => [
    frame(PING, 0, 0, '12345678'),
    head(stream, 0, [':status', '200']),
    frame(DATA, END_STREAM, stream, BODY),
    frame(PING, 0, 0, '87654321'),
  ],
];

/** The bytes with up to four of them changed, left out or doubled, or cut off. */
function damaged(bytes: Buffer, random: () => number): Buffer {
  const parts = [...bytes];
  for (let left = Math.floor(random() * 5); left > 0 && parts.length > 0; left--) {
    const at = Math.floor(random() * parts.length);
    const kind = Math.floor(random() * 4);
    if (kind === 0) parts.splice(at, 1);
    else if (kind === 1) parts.splice(at, 0, parts[at] as number);
    else if (kind === 2) parts[at] = Math.floor(random() * 256);
    else parts.splice(at);
  }
  return Buffer.from(parts);
}

it(`damaged HTTP/2 answers settle their request and hurt no other: ${ROUNDS} of seed ${SEED}`, async () => {
  const random = seededNumbers(SEED);
  const upstream = await FrameUpstream.start();
  const client = new UpstreamClient({ targets: upstream.url, protocol: 'http2' });
  let next: ((stream: number) => Buffer) | undefined;
  upstream.script = (connection, stream) => {
    const make = next;
    next = undefined;
    if (make === undefined) connection.send(answer(stream, 'unharmed'));
    else {
      connection.send(make(stream));
      // The end settles what the damage left open.
      connection.socket.end();
    }
  };
  const ends = { whole: 0, broken: 0, refused: 0 };

  for (let round = 0; round < ROUNDS; round++) {
    const make = ANSWERS[Math.floor(random() * ANSWERS.length)] as (typeof ANSWERS)[number];
    next = (stream) => damaged(Buffer.concat(make(stream)), random);
    const sent = client.send({ trailers: random() < 0.5 });
    ends[await endOf(sent.answer, round)]++;
    await (upstream.connections.at(-1) as FrameConnection).closed;
    await expect.poll(() => client.connections, { message: `round ${round}`, interval: 1 }).toBe(0);

    const { body } = await client.get().answer;

    expect(body.whole?.toString(), `after round ${round}`).toBe('unharmed');
  }

  // Each end was met, or the damage is not what it should be.
  expect(Math.min(...Object.values(ends)), JSON.stringify(ends)).toBeGreaterThan(ROUNDS / 50);
  client.close();
  await upstream.close();
}, 300_000);

async function endOf(answered: ReturnType<UpstreamClient['get']>['answer'], round: number) {
  let begun = false;
  try {
    const { body } = await answered;
    begun = true;
    const whole = body.whole ?? (await readBody(body).whole);
    if (body.length !== undefined) expect(whole.length, `round ${round}`).toBe(body.length);
    return 'whole';
  } catch (error) {
    expect(error, `round ${round}`).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).code, `round ${round}`).toMatch(/^upstream-(protocol|reset)$/);
    return begun ? 'broken' : 'refused';
  }
}
