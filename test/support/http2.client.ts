import { connect, type Socket } from 'node:net';
import { HpackReader } from './hpack.js';
import { FLAG, FRAME, type Frame, PREFACE, settings, takeFrames, window } from './http2.frames.js';
import type { PlainField } from './plain-message.js';

/** How long anything may take before that is a failure. */
const PATIENCE_MS = 5_000;

/** What came on one stream so far. */
export interface Http2Answer {
  status: number;
  readonly interim: number[];
  readonly fields: PlainField[];
  readonly trailers: PlainField[];
  body: string;
  /** The last frame said that nothing follows. */
  ended: boolean;
  /** The code of the stream's RST_STREAM. */
  reset: number | undefined;
}

export interface Http2ClientOptions {
  /** What goes first: the preface and empty SETTINGS, unless something else is given. */
  readonly first?: Buffer;
  /** Leaves SETTINGS and PINGs without their answers, and opens no window. */
  readonly mute?: boolean;
}

/** A client that writes frames as they are, right or wrong, and reads what comes back. */
export class Http2Client {
  readonly frames: Frame[] = [];
  readonly streams = new Map<number, Http2Answer>();
  /** The code of the last GOAWAY, and what it said with it. */
  goaway: number | undefined;
  goawayText = '';
  ended = false;
  /** Bytes that belong to no whole frame. */
  rest: Buffer = Buffer.alloc(0);
  readonly socket: Socket;
  readonly #hpack = new HpackReader();
  readonly #mute: boolean;
  #block: Buffer = Buffer.alloc(0);
  readonly #changed = new Set<() => void>();

  constructor(
    port: number,
    { first = Buffer.concat([PREFACE, settings()]), mute = false }: Http2ClientOptions = {},
  ) {
    this.#mute = mute;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const ended = (): void => {
      this.ended = true;
      this.#tell();
    };
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk));
    // A reset is an end too.
    this.socket.on('end', ended).on('close', ended).on('error', ended);
    this.send(first);
  }

  send(...frames: readonly Buffer[]): this {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
    return this;
  }

  /** Resolves when a stream has come to its end, with what it brought; an open one when the connection ends. */
  async answer(stream: number): Promise<Http2Answer> {
    const done = (): boolean => {
      const answer = this.streams.get(stream);
      return answer?.ended === true || answer?.reset !== undefined || this.ended;
    };
    await this.until(done, `no end of stream ${stream}`);
    return this.#streamOf(stream);
  }

  /** Resolves when the other side closed. @throws Error when it does not */
  closed(): Promise<void> {
    return this.until(() => this.ended, 'not closed');
  }

  close(): void {
    if (this.socket.connecting) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** Resolves when something is so. @throws Error when it does not become so in time */
  async until(done: () => boolean, otherwise = 'nothing came', withinMs = PATIENCE_MS): Promise<void> {
    if (done()) return;
    let timer: NodeJS.Timeout | undefined;
    let check: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        check = (): void => {
          if (done()) resolve();
        };
        this.#changed.add(check);
        timer = setTimeout(() => reject(new Error(`${otherwise} within ${withinMs} ms`)), withinMs);
      });
    } finally {
      clearTimeout(timer);
      if (check !== undefined) this.#changed.delete(check);
    }
  }

  #read(chunk: Buffer): void {
    const { frames, rest } = takeFrames(Buffer.concat([this.rest, chunk]));
    this.rest = rest;
    for (const one of frames) {
      this.frames.push(one);
      this.#take(one);
    }
    this.#tell();
  }

  #take({ type, flags, stream, payload }: Frame): void {
    switch (type) {
      case FRAME.settings:
        if ((flags & FLAG.ack) === 0 && !this.#mute) this.send(settings([], FLAG.ack));
        return;
      case FRAME.goaway:
        this.goaway = payload.readUInt32BE(4);
        this.goawayText = payload.subarray(8).toString();
        return;
      case FRAME.reset:
        this.#streamOf(stream).reset = payload.readUInt32BE(0);
        return;
      case FRAME.data: {
        const answer = this.#streamOf(stream);
        answer.body += payload.toString('latin1');
        answer.ended = (flags & FLAG.endStream) !== 0;
        if (!this.#mute && payload.length > 0) {
          this.send(window(0, payload.length));
          if (!answer.ended) this.send(window(stream, payload.length));
        }
        return;
      }
      case FRAME.headers:
      case FRAME.continuation:
        this.#block = type === FRAME.headers ? payload : Buffer.concat([this.#block, payload]);
        if ((flags & FLAG.endHeaders) !== 0) this.#section(stream, this.#hpack.read(this.#block));
        if (type === FRAME.headers) this.#streamOf(stream).ended = (flags & FLAG.endStream) !== 0;
        return;
      default:
    }
  }

  #section(stream: number, fields: readonly PlainField[]): void {
    const answer = this.#streamOf(stream);
    const status = Number(fields.find(([name]) => name === ':status')?.[1]);
    if (status < 200) answer.interim.push(status);
    else if (answer.status === 0) {
      answer.status = status;
      answer.fields.push(...fields);
    } else answer.trailers.push(...fields);
  }

  #streamOf(stream: number): Http2Answer {
    const known = this.streams.get(stream);
    if (known !== undefined) return known;
    const made: Http2Answer = {
      status: 0,
      interim: [],
      fields: [],
      trailers: [],
      body: '',
      ended: false,
      reset: undefined,
    };
    this.streams.set(stream, made);
    return made;
  }

  #tell(): void {
    for (const change of this.#changed) change();
  }
}
