import { PassThrough } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { GatewayError } from '../../src/contracts/gateway-error.js';
import type { RequestBody } from '../../src/contracts/upstream-request.js';
import { seededNumbers } from '../support/faulty.traffic.js';
import {
  answer,
  DATA,
  type FrameConnection,
  FrameUpstream,
  frame,
  GOAWAY,
  head,
  RST_STREAM,
  uint32,
} from '../support/http2-frame.upstream.js';
import { readBody } from '../support/read-body.js';
import { UpstreamClient } from '../support/upstream.client.js';

const CALLS = process.env['PROOFS'] === undefined ? 2_000 : 100_000;
const AT_ONCE = 40;
const BODY_BYTES = 60_000;

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const random = seededNumbers(20_261_128);
const chance = (share: number): boolean => random() < share;

function misbehave(connection: FrameConnection, stream: number): void {
  const part = frame(DATA, 0, stream, Buffer.alloc(5_000));
  const reset = frame(RST_STREAM, 0, stream, uint32(Math.floor(random() * 14)));
  const begun = [head(stream, 0, [':status', '200']), part];
  const goaway = frame(GOAWAY, 0, 0, uint32(Math.max(0, stream - 4), Math.floor(random() * 3)));
  const draw = random();
  if (draw < 0.6) connection.send(answer(stream));
  else if (draw < 0.75) connection.send(...begun, reset);
  else if (draw < 0.85) connection.send(answer(stream), reset);
  else if (draw < 0.95) connection.send(reset);
  else if (draw < 0.97) connection.send(goaway);
  else if (draw < 0.98) connection.socket.destroy();
  else connection.send(...begun);
}

/** No body, one in memory, or one that streams and may break off. */
function someBody(): RequestBody {
  if (chance(0.3)) return undefined;
  if (chance(0.4)) return Buffer.alloc(random() * BODY_BYTES);
  const stream = new PassThrough();
  stream.write(Buffer.alloc(BODY_BYTES / 2));
  setImmediate(() => (chance(0.2) ? stream.destroy() : stream.end(Buffer.alloc(BODY_BYTES / 2))));
  return { stream, length: chance(0.5) ? undefined : BODY_BYTES };
}

it('settles every call, whoever breaks off and when, and keeps nothing', async () => {
  const upstream = await FrameUpstream.start();
  const client = new UpstreamClient({
    targets: upstream.url,
    protocol: 'http2',
    pool: { maxConnections: 4 },
    timeout: { headersMs: 200, idleMs: 200 },
  });
  open.push(upstream, client);
  upstream.script = misbehave;
  const ends = new Map<string, number>();

  const call = async (): Promise<string> => {
    const body = someBody();
    const sent = client.send({ method: body === undefined ? 'GET' : 'PUT', body });
    if (chance(0.3)) setImmediate(() => sent.cancellation.cancel(new GatewayError('client-closed')));
    try {
      const response = await sent.answer;
      if (chance(0.1)) {
        response.body.discard();
        return 'discarded';
      }
      const reading = readBody(response.body);
      if (chance(0.1)) {
        reading.flow.cancel();
        return 'cancelled';
      }
      await reading.whole;
      return 'ok';
    } catch (error) {
      return (error as GatewayError).code;
    }
  };
  let left = CALLS;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) {
        const end = await call();
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
    }),
  );

  expect(ends.get('internal')).toBeUndefined();
  expect(ends.get('ok')).toBeGreaterThan(CALLS / 20);
  expect([...ends.values()].reduce((sum, count) => sum + count)).toBe(CALLS);
  client.close();
  await expect.poll(() => client.connections, { timeout: 5_000 }).toBe(0);
}, 300_000);
