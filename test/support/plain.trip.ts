import { PlainClient } from './plain.client.js';
import { type PlainRequest, plainRequests, type RequestReading } from './plain-request.js';
import { type PlainResponse, plainResponse } from './plain-response.js';

/** Bytes for a connection of their own, and the plain reading of them. */
export interface Sent {
  readonly segments: readonly string[];
  /** The requests in them that are complete and beyond doubt, and what stands behind those. */
  readonly requests: readonly PlainRequest[];
  readonly rest: RequestReading;
}

/** What came back. */
export interface Trip {
  readonly answers: readonly PlainResponse[];
  /** What came behind the last whole answer. */
  readonly left: string;
}

/** How long a gateway may take over a client that has said all it has to say, or over its own timeouts. */
const PATIENCE_MS = 1_500;
const TIMEOUTS_MS = 8_000;

export function sentBytes(segments: readonly string[]): Sent {
  return { segments, ...plainRequests(segments.join(''), 'gateway') };
}

/**
 * Sends bytes in segments and listens until the other side closes. A client that has its answers, or that the gateway
 * still waits for, ends its half first; a silent one never does.
 *
 * @throws Error when the other side does not close, or sends what is no answer
 */
export async function takeTrip(port: number, sent: Sent, silent = false): Promise<Trip> {
  const { segments, requests, rest } = sent;
  const client = new PlainClient(port);
  try {
    await client.connected;
    for (const segment of segments) {
      client.send(segment);
      // The next one leaves in a segment of its own, and when this one may have been read.
      if (segments.length > 1) await twoTurns();
    }
    if (silent) await client.until(() => client.ended, TIMEOUTS_MS, 'not closed');
    const nothingMore = (): boolean =>
      rest.kind === 'incomplete' && readAnswers(client, requests).answers.length >= requests.length;
    await client.until(() => client.ended || nothingMore(), PATIENCE_MS).catch(() => {});
    if (!client.ended) await client.finish().closed();
    return readAnswers(client, requests);
  } finally {
    client.close();
  }
}

async function twoTurns(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function readAnswers(
  client: PlainClient,
  requests: readonly PlainRequest[],
): { answers: PlainResponse[]; left: string } {
  const answers: PlainResponse[] = [];
  let left = client.text;
  while (left !== '') {
    const method = requests[answers.length]?.method;
    const { ended } = client;
    let reading = plainResponse(left, { answersHead: method === 'HEAD', ended });
    // A refused request may have been a HEAD, however it was damaged.
    if (reading.kind !== 'response' && method === undefined) {
      reading = plainResponse(left, { answersHead: true, ended });
    }
    if (reading.kind === 'refused') throw new Error(`${reading.reason} in ${JSON.stringify(left)}`);
    if (reading.kind === 'incomplete') break;
    answers.push(reading.response);
    left = left.slice(reading.bytes);
  }
  return { answers, left };
}
