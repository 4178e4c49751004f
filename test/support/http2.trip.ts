import { unlike } from './http1-case.js';
import { Http2Client } from './http2.client.js';
import { FLAG, FRAME, ping, window } from './http2.frames.js';
import { getPath } from './http2.requests.js';
import type { Http2AnswerWanted, Http2Case, Http2Outcome } from './http2-case.js';

/** Beyond the numbers of all streams that cases open. */
const LAST_STREAM = 9_001;
const MARK = 'the mark';

/** What came of a case. */
export interface Http2Trip {
  readonly came: string;
  /** What of it is not as the case promises; empty when all is. */
  readonly unlike: readonly string[];
}

/** Sends what a case sends, waits for what comes of it, and asks for `/c/last` where the connection serves on. */
export async function http2Trip(port: number, one: Http2Case): Promise<Http2Trip> {
  const client = new Http2Client(port, one.first === undefined ? {} : { first: one.first });
  const stream = one.stream ?? 1;
  try {
    client.send(...one.send);
    if (one.later !== undefined) {
      if (one.after === 'answer') await client.answer(stream);
      else await marked(client, 1);
      client.send(...one.later);
    }
    await effect(client, one, stream);
    const serves = await stateOf(client, one.outcome);
    return { came: inWords(client, stream), unlike: unlikeOutcome(client, stream, one.outcome, serves) };
  } catch (error) {
    return { came: inWords(client, stream), unlike: [String(error)] };
  } finally {
    client.close();
  }
}

async function effect(client: Http2Client, { outcome }: Http2Case, stream: number): Promise<void> {
  if (outcome.kind === 'connection') await client.closed();
  else if (outcome.kind === 'ignored') await marked(client, 2);
  else await client.answer(stream);
}

/** Whatever was sent before is read once this PING is answered. */
async function marked(client: Http2Client, count: number): Promise<void> {
  const mark = MARK.slice(0, 7) + count;
  client.send(ping(mark));
  await client.until(
    () =>
      client.ended ||
      client.frames.some(
        ({ type, flags, payload }) =>
          type === FRAME.ping && flags === FLAG.ack && payload.toString('latin1') === mark,
      ),
    'no answer to a PING',
  );
}

/** Whether the connection serves on; one that is to be closed need not be. */
async function stateOf(client: Http2Client, outcome: Http2Outcome): Promise<boolean> {
  if (outcome.kind === 'ignored') return serving(client);
  if (outcome.kind !== 'answer') return false;
  if (outcome.answer.last !== true) return serving(client);
  await client.closed();
  return true;
}

async function serving(client: Http2Client): Promise<boolean> {
  // The window is for those cases that have none left.
  client.send(getPath(LAST_STREAM, '/c/last'), window(LAST_STREAM, 1_000));
  const { status } = await client.answer(LAST_STREAM);
  return status === 200;
}

function inWords({ streams, ended, goaway }: Http2Client, stream: number): string {
  const answer = streams.get(stream);
  return [
    answer === undefined || answer.status === 0 ? 'no answer' : `status ${answer.status}`,
    ...(answer?.reset === undefined ? [] : [`reset ${answer.reset}`]),
    ...(goaway === undefined ? [] : [`goaway ${goaway}`]),
    ended ? 'closed' : 'kept',
  ].join(', ');
}

function unlikeOutcome(client: Http2Client, stream: number, wanted: Http2Outcome, serves: boolean): string[] {
  const came = inWords(client, stream);
  const { goaway } = client;
  const answer = client.streams.get(stream);
  switch (wanted.kind) {
    case 'ignored':
      return serves ? [] : [came];
    case 'connection':
      return goaway === undefined || wanted.codes.includes(goaway) ? [] : [came];
    case 'stream': {
      const isReset = answer?.reset !== undefined && wanted.codes.includes(answer.reset);
      const isRefused = wanted.status.includes(answer?.status ?? 0) && answer?.ended === true;
      const isClosed = goaway === undefined ? client.ended : wanted.codes.includes(goaway);
      return isReset || isRefused || isClosed ? [] : [came];
    }
    case 'answer':
      return [
        ...(serves ? [] : [`the connection does not serve on: ${came}`]),
        ...unlikeAnswer(client, stream, wanted.answer),
      ];
  }
}

function unlikeAnswer(client: Http2Client, stream: number, wanted: Http2AnswerWanted): string[] {
  const found = client.streams.get(stream);
  if (found === undefined) return ['no answer'];
  const statuses = typeof wanted.status === 'number' ? [wanted.status] : wanted.status;
  const { body = found.body, interim = found.interim } = wanted;
  return [
    ...(statuses.includes(found.status)
      ? []
      : [`the status is ${found.status}, not ${statuses.join(' or ')}`]),
    ...(found.ended ? [] : ['the answer has no end']),
    ...(found.body === body ? [] : [`the body is ${JSON.stringify(found.body)}`]),
    ...(String(found.interim) === String(interim) ? [] : [`before it came ${found.interim.join(', ')}`]),
    // RFC 9113, section 8.2.1.
    ...found.fields.flatMap(([name]) =>
      name === name.toLowerCase() ? [] : [`${name} is not in lower case`],
    ),
    ...unlike(found.fields, wanted.fields),
    ...unlike(found.trailers, wanted.trailers),
  ];
}
