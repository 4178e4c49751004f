/** One request of the gateway's own to a server that it does not trust to be quick, short or even there. */
export interface CappedRequest {
  /** `https:`, or `http:` where the caller's own rules let it be. */
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The whole exchange, to the last byte of the answer. */
  readonly timeoutMs: number;
  /** The longest answer that is read. */
  readonly maxBytes: number;
}

export interface CappedAnswer {
  /** A redirect is not followed: it is an answer like any other. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Why no answer was had; the message names no address. */
export class OutboundFailure extends Error {
  constructor(
    readonly kind: 'unreachable' | 'timeout' | 'too-large',
    cause?: unknown,
  ) {
    super(`The answer is ${kind}.`, cause === undefined ? undefined : { cause });
    this.name = 'OutboundFailure';
  }
}

/** Asks and reads the whole answer, within a time and a size. @throws OutboundFailure */
export async function cappedFetch(request: CappedRequest): Promise<CappedAnswer> {
  const { url, method = 'GET', headers = {}, body, timeoutMs, maxBytes } = request;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal });
    return { status: answer.status, headers: answer.headers, body: await readCapped(answer, maxBytes) };
  } catch (error) {
    if (error instanceof OutboundFailure) throw error;
    throw new OutboundFailure(signal.aborted ? 'timeout' : 'unreachable', error);
  }
}

async function readCapped(answer: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the body, and with it the connection.
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new OutboundFailure('too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
