const CLOSE = 0x8;
/** Opcodes from here on are control frames, which may stand between the fragments of a message. */
const FIRST_CONTROL = 0x8;
/** RFC 6455, section 5.5. */
const MAX_CONTROL_BYTES = 125;
/** Where messages are limited, so is the number of their fragments: each may cost its reader an object. */
export const MAX_FRAGMENTS = 4_096;

/** RFC 6455, section 7.4.1. */
export const TOO_BIG = 1009;
const PROTOCOL_ERROR = 1002;

/**
 * Follows the frames of one direction of a WebSocket by their headers (RFC 6455, section 5.2), so that it is known where
 * a frame ends and how long a message is. Payload is never looked at, and nothing but lengths is understood.
 *
 * A header is passed on whole or not yet: between two calls the receiver stands at the end of a frame or inside a payload.
 */
export class FrameReader {
  /** A Close frame has begun. */
  closed = false;
  /** The bytes are no frames: nobody knows any more where one ends. */
  lost = false;
  /** The close code of a limit that was met; what {@link read} gave ends in front of that frame. 0 until then. */
  refusal = 0;
  #held: Buffer | undefined;
  #payloadLeft = 0;
  #messageBytes = 0;
  #fragments = 0;

  /** @param maxMessageBytes 0 is no limit */
  constructor(readonly maxMessageBytes: number) {}

  /** Whether what was given so far ends with the end of a frame. */
  get atBoundary(): boolean {
    return (this.#payloadLeft === 0 || this.refusal !== 0) && !this.lost;
  }

  /** The start of a header whose rest never came. */
  get held(): Buffer | undefined {
    return this.#held;
  }

  /** Reads on, and gives what may go on to the receiver. */
  read(chunk: Buffer): Buffer {
    if (this.lost) return chunk;
    if (this.#payloadLeft >= chunk.length) {
      this.#payloadLeft -= chunk.length;
      return chunk;
    }
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    let at = this.#payloadLeft;
    let end = -1;
    this.#payloadLeft = 0;
    while (at < bytes.length) {
      const size = headerBytes(bytes, at);
      if (at + size > bytes.length) {
        this.#held = Buffer.from(bytes.subarray(at));
        return bytes.subarray(0, end < 0 ? at : end);
      }
      const length = payloadBytes(bytes, at);
      if (length < 0) {
        this.lost = true;
        return bytes;
      }
      if (this.refusal === 0 && !this.#admits(bytes[at] as number, length)) end = at;
      at += size + length;
    }
    this.#payloadLeft = at - bytes.length;
    return end < 0 ? bytes : bytes.subarray(0, end);
  }

  #admits(first: number, length: number): boolean {
    const opcode = first & 0x0f;
    if (opcode === CLOSE) this.closed = true;
    const { maxMessageBytes } = this;
    if (opcode >= FIRST_CONTROL) {
      if (maxMessageBytes > 0 && length > MAX_CONTROL_BYTES) this.refusal = PROTOCOL_ERROR;
    } else if (maxMessageBytes > 0) {
      if (opcode !== 0) {
        this.#messageBytes = 0;
        this.#fragments = 0;
      }
      this.#messageBytes += length;
      this.#fragments++;
      if (this.#messageBytes > maxMessageBytes || this.#fragments > MAX_FRAGMENTS) this.refusal = TOO_BIG;
    }
    return this.refusal === 0;
  }
}

/** How long the header is that starts here; two bytes say it. */
function headerBytes(bytes: Buffer, at: number): number {
  const second = bytes[at + 1];
  if (second === undefined) return 2;
  const length = second & 0x7f;
  const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
  return 2 + extended + (second >> 7) * 4;
}

/** The length that a whole header declares; -1 for one that is no number of bytes (section 5.2: the top bit is 0). */
function payloadBytes(bytes: Buffer, at: number): number {
  const length = (bytes[at + 1] as number) & 0x7f;
  if (length < 126) return length;
  if (length === 126) return bytes.readUInt16BE(at + 2);
  const high = bytes.readUInt32BE(at + 2);
  // Beyond 2⁵³ a number is no longer exact, and nobody lives to see the end of such a frame.
  return high > 0x1f_ffff ? -1 : high * 0x1_0000_0000 + bytes.readUInt32BE(at + 6);
}
