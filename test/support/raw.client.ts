import { connect, type Socket } from 'node:net';

/** One answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Names and values in the order they came, with the sender's spelling. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** How the end of the body is known. */
  readonly framing: 'length' | 'chunked' | 'close' | 'none';
  readonly body: Buffer;
  /** The body came to the end its framing promised. */
  readonly complete: boolean;
  /** The values of a field, in order. */
  values(lowerCaseName: string): readonly string[];
  json(): unknown;
}

/** A client that writes bytes and reads answers itself, so that nothing it sends is tidied up on the way. */
export class RawClient {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  /** @param to a port of loopback, or a connection that stands */
  constructor(to: number | Socket) {
    this.socket =
      typeof to === 'number'
        ? connect({ port: to, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
        : to;
    this.socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.socket.on('end', ended).on('close', ended).on('error', ended);
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** The next answer that is not a 1xx. @throws Error when the connection ends before its header section does */
  async answer(method = 'GET'): Promise<RawAnswer> {
    for (;;) {
      const head = await this.#head();
      if (head.status >= 200) return this.#withBody(head, method);
    }
  }

  /** Resolves when the other side closed its half of the connection. */
  async closed(): Promise<void> {
    await this.#until(() => this.#ended);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Closes with a reset instead of a clean end. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #head(): Promise<{ status: number; fields: [string, string][] }> {
    await this.#until(() => this.#ended || this.#bytes.includes('\r\n\r\n'));
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0)
      throw new Error(
        `The connection ended without an answer: ${JSON.stringify(this.#bytes.toString('latin1'))}`,
      );
    const [first = '', ...lines] = this.#take(end + 4)
      .toString('latin1')
      .trimEnd()
      .split('\r\n');
    const fields = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]), fields };
  }

  async #withBody(head: { status: number; fields: [string, string][] }, method: string): Promise<RawAnswer> {
    const { status, fields } = head;
    const values = (name: string): readonly string[] =>
      fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
    const [length] = values('content-length');
    const chunked = values('transfer-encoding').length > 0;
    const framing = chunked ? 'chunked' : length !== undefined ? 'length' : 'none';
    const answer = (body: Buffer, complete: boolean, framed: RawAnswer['framing'] = framing): RawAnswer => ({
      status,
      fields,
      framing: framed,
      body,
      complete,
      values,
      json: () => JSON.parse(body.toString()) as unknown,
    });
    if (method === 'HEAD' || status === 204 || status === 304) return answer(Buffer.alloc(0), true);
    if (chunked) return this.#chunked(answer);
    if (length !== undefined) {
      const bytes = Number(length);
      await this.#until(() => this.#ended || this.#bytes.length >= bytes);
      const body = this.#take(Math.min(bytes, this.#bytes.length));
      return answer(body, body.length === bytes);
    }
    await this.#until(() => this.#ended);
    return answer(this.#take(this.#bytes.length), true, 'close');
  }

  async #chunked(answer: (body: Buffer, complete: boolean) => RawAnswer): Promise<RawAnswer> {
    const chunks: Buffer[] = [];
    for (;;) {
      await this.#until(() => this.#ended || this.#bytes.includes('\r\n'));
      const end = this.#bytes.indexOf('\r\n');
      if (end < 0) return answer(Buffer.concat(chunks), false);
      const size = Number.parseInt(this.#bytes.subarray(0, end).toString('latin1'), 16);
      const next = end + 2 + size + 2;
      await this.#until(() => this.#ended || this.#bytes.length >= next);
      if (this.#bytes.length < next) {
        chunks.push(this.#bytes.subarray(end + 2, end + 2 + size));
        return answer(Buffer.concat(chunks), false);
      }
      chunks.push(this.#take(next).subarray(end + 2, end + 2 + size));
      if (size === 0) return answer(Buffer.concat(chunks), true);
    }
  }

  #take(bytes: number): Buffer {
    const taken = this.#bytes.subarray(0, bytes);
    this.#bytes = this.#bytes.subarray(bytes);
    return taken;
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Sends one request as written on a connection of its own and reads its answer. */
export async function sendRaw(port: number, request: string | Buffer, method?: string): Promise<RawAnswer> {
  const client = new RawClient(port).send(request);
  const sent = typeof request === 'string' ? request : request.toString('latin1', 0, 16);
  try {
    return await client.answer(method ?? sent.slice(0, sent.indexOf(' ')));
  } finally {
    client.close();
  }
}
