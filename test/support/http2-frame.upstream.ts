import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Frame types and flags of RFC 9113, section 6. */
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;

/** One frame as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A frame as bytes; nothing is checked. */
export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** A number as a payload. */
export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

/** A header block in which every field is a literal (RFC 7541, section 6.2.2), names and values as they are given. */
export function block(...fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** HEADERS with a response's section. */
export const head = (
  stream: number,
  flags: number,
  ...fields: readonly (readonly [string, string])[]
): Buffer => frame(HEADERS, flags | END_HEADERS, stream, block(...fields));

/** A whole response in two frames. */
export const answer = (stream: number, body = 'ok'): Buffer =>
  Buffer.concat([head(stream, 0, [':status', '200']), frame(DATA, END_STREAM, stream, body)]);

/** One connection of a frame upstream. */
export class FrameConnection {
  readonly frames: Frame[] = [];

  constructor(
    readonly socket: Socket,
    /** From 0. */
    readonly index: number,
  ) {}

  send(...frames: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
  }

  /** The frames of one type that came so far. */
  of(type: number): readonly Frame[] {
    return this.frames.filter((came) => came.type === type);
  }

  get closed(): Promise<void> {
    return this.socket.destroyed ? Promise.resolve() : once(this.socket, 'close').then(() => undefined);
  }
}

/** Called for each HEADERS frame, with the stream it opens. */
export type FrameScript = (connection: FrameConnection, stream: number) => void;

/** An upstream with prior knowledge that writes HTTP/2 frames of the test's choosing, well-formed or not. */
export class FrameUpstream {
  readonly connections: FrameConnection[] = [];
  requests = 0;
  /** Both may be changed at any time. */
  script: FrameScript = (connection, stream) => connection.send(answer(stream));
  onConnection: (connection: FrameConnection) => void = (connection) =>
    connection.send(frame(SETTINGS, 0, 0));
  onFrame: (connection: FrameConnection, frame: Frame) => void = () => {};
  readonly #server: Server;
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
  }

  static async start(): Promise<FrameUpstream> {
    const upstream = new FrameUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once that many requests came in. */
  received(count: number): Promise<void> {
    if (this.requests >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    const connection = new FrameConnection(socket, this.connections.length);
    this.connections.push(connection);
    this.onConnection(connection);
    let bytes = Buffer.alloc(0);
    let greeted = false;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!greeted && bytes.length >= PREFACE_BYTES) {
        greeted = true;
        bytes = bytes.subarray(PREFACE_BYTES);
      }
      while (greeted && bytes.length >= HEAD_BYTES) {
        const end = HEAD_BYTES + bytes.readUIntBE(0, 3);
        if (bytes.length < end) return;
        const came = {
          type: bytes[3] as number,
          flags: bytes[4] as number,
          stream: bytes.readUInt32BE(5),
          payload: bytes.subarray(HEAD_BYTES, end),
        };
        bytes = bytes.subarray(end);
        this.#read(connection, came);
      }
    });
  }

  #read(connection: FrameConnection, came: Frame): void {
    connection.frames.push(came);
    this.onFrame(connection, came);
    if (came.type === SETTINGS && came.flags === 0) connection.send(frame(SETTINGS, ACK, 0));
    if (came.type !== HEADERS) return;
    this.requests++;
    for (const { count, resolve } of this.#waiting) if (this.requests >= count) resolve();
    this.script(connection, came.stream);
  }
}
