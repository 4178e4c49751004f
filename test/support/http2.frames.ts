/** Frame types (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

/** Flags; an acknowledgement has the bit that elsewhere ends a stream. */
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

/** Error codes (RFC 9113, section 7). */
export const CODE = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  connect: 10,
  calm: 11,
  inadequate: 12,
  http11: 13,
} as const;

/** Settings (RFC 9113, section 6.5.2). */
export const SETTING = {
  tableSize: 1,
  push: 2,
  streams: 3,
  window: 4,
  frameSize: 5,
  headerList: 6,
  extendedConnect: 8,
} as const;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** A frame as it stood on the wire. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A frame of any type, whether or not its parts fit together. `length` may lie about the payload. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

export const data = (stream: number, text: string | Buffer, flags: number = FLAG.endStream): Buffer =>
  frame(FRAME.data, flags, stream, typeof text === 'string' ? Buffer.from(text, 'latin1') : text);

export const headers = (
  stream: number,
  block: Buffer,
  flags: number = FLAG.endHeaders | FLAG.endStream,
): Buffer => frame(FRAME.headers, flags, stream, block);

export const continuation = (stream: number, block: Buffer, flags: number = FLAG.endHeaders): Buffer =>
  frame(FRAME.continuation, flags, stream, block);

export const reset = (stream: number, code: number = CODE.cancel): Buffer =>
  frame(FRAME.reset, 0, stream, uint32(code));

export const window = (stream: number, increment: number): Buffer =>
  frame(FRAME.window, 0, stream, uint32(increment));

export const ping = (payload = '12345678', flags = 0): Buffer =>
  frame(FRAME.ping, flags, 0, Buffer.from(payload, 'latin1'));

export const goaway = (lastStream: number, code: number): Buffer =>
  frame(FRAME.goaway, 0, 0, Buffer.concat([uint32(lastStream), uint32(code)]));

/** Each setting is its number and its value. */
export function settings(entries: readonly (readonly [id: number, value: number])[] = [], flags = 0): Buffer {
  const payload = entries.map(([id, value]) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(id);
    entry.writeUInt32BE(value >>> 0, 2);
    return entry;
  });
  return frame(FRAME.settings, flags, 0, Buffer.concat(payload));
}

/** What a stream depends on, and its weight (RFC 9113, section 6.3: read and then ignored). */
export const priority = (dependency: number, weight = 15): Buffer =>
  Buffer.concat([uint32(dependency), Buffer.of(weight)]);

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** Takes whole frames from a run of bytes, and gives what is left. */
export function takeFrames(bytes: Buffer): { frames: Frame[]; rest: Buffer } {
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= 9) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes.length - at < 9 + length) break;
    frames.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return { frames, rest: bytes.subarray(at) };
}
