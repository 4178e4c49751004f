import {
  COLON,
  CR,
  DIGIT_0,
  HEX_VALUES,
  HTAB,
  LF,
  SEMICOLON,
  SP,
  TOKEN_BYTES,
  VALUE_BYTES,
} from './field-bytes.js';
import { malformed } from './malformed.js';
import {
  FRAMING_CHUNKED,
  FRAMING_CLOSE,
  FRAMING_LENGTH,
  type ResponseHead,
  readHead,
  refuseOddInterim,
  SPAN_WIDTH,
} from './response-head.js';
import type { ResponseLimits } from './response-limits.js';
import { TrailerSection } from './trailer-section.js';

/** The bytes are used up and the response is not complete. */
export const NEED_MORE = 0;
/** The final header section is complete: see `head`. */
export const HEAD = 1;
/** Body bytes stand at `dataFrom` … `dataTo`. */
export const DATA = 2;
/** The response is complete; bytes from `at` on do not belong to it. */
export const END = 3;
/** An informational response other than 100 is complete: see `interim`. */
export const INTERIM = 4;

// Stages of a section: a status line with its fields, or trailers.
const STATUS = 0;
const AFTER_STATUS = 1;
const REASON = 2;
const LINE_LF = 3;
const FIELD = 4;
const NAME = 5;
const VALUE_START = 6;
const VALUE = 7;
const SECTION_LF = 8;
// Stages of a body.
const CHUNK_SIZE = 9;
const CHUNK_EXTENSION = 10;
const CHUNK_SIZE_LF = 11;
const CHUNK_DATA = 12;
const CHUNK_DATA_CR = 13;
const CHUNK_DATA_LF = 14;
const LENGTH_DATA = 15;
const CLOSE_DATA = 16;
const DONE = 17;

const VERSION = [...'HTTP/1.'].map((letter) => letter.charCodeAt(0));
const MINOR_AT = VERSION.length;
const SPACE_AT = MINOR_AT + 1;
const LAST_STATUS_DIGIT_AT = SPACE_AT + 3;
/** 13 hexadecimal digits are 52 bits: still an exact number. */
const MAX_SIZE_DIGITS = 13;

/**
 * Reads HTTP/1 responses strictly, byte by byte, wherever the network cut them.
 *
 * It is asked, it does not call: `next` is repeated until it answers {@link NEED_MORE} or {@link END}. The grammar is
 * RFC 9112 without its tolerances: lines end in CRLF, nothing folds, no space stands before a colon. Every deviation
 * throws a GatewayError `upstream-protocol`, after which the parser must not be used again.
 */
export class ResponseParser {
  /** Up to where the bytes of the last `next` were used. */
  at = 0;
  dataFrom = 0;
  dataTo = 0;
  /** The final response's header section, from {@link HEAD} on. */
  head: ResponseHead | undefined = undefined;
  /** The last informational response, from {@link INTERIM} on. */
  interim: ResponseHead | undefined = undefined;
  /** What stands behind the chunks; `undefined` unless it was asked for and chunks came. Complete at {@link END}. */
  trailers: TrailerSection | undefined = undefined;

  #stage = STATUS;
  #answersHead = false;
  #wantsTrailers = false;
  #switches = false;
  #status = 0;
  #minorVersion = 1;
  #informational = 0;
  /** Bytes of the current section that earlier reads brought, and their text, unless it is a trailer nobody wants. */
  #sectionBytes = 0;
  #sectionText = '';
  #trailer = false;
  #fields = 0;
  readonly #spans: number[] = [];
  #remaining = 0;
  #sizeDigits = 0;
  #extensionBytes = 0;

  constructor(private readonly limits: ResponseLimits) {}

  /**
   * Prepares for the next response on the connection.
   *
   * @param switches whether another protocol was asked for: then a 101 is final, and no byte behind it is looked at
   */
  begin(answersHead: boolean, wantsTrailers = false, switches = false): void {
    this.#switches = switches;
    this.#answersHead = answersHead;
    this.#wantsTrailers = wantsTrailers;
    this.trailers = undefined;
    this.#informational = 0;
    this.#extensionBytes = 0;
    this.head = undefined;
    this.#beginSection(STATUS);
  }

  /** Whether the end of the connection now is the clean end of a response. */
  get endsWithConnection(): boolean {
    return this.#stage === CLOSE_DATA;
  }

  /** Reads on in `bytes` between `from` and `to`. @throws GatewayError `upstream-protocol` */
  next(bytes: Buffer, from: number, to: number): number {
    const stage = this.#stage;
    if (stage <= SECTION_LF) return this.#section(bytes, from, to);
    if (stage <= CHUNK_DATA_LF) return this.#chunked(bytes, from, to);
    this.at = from;
    if (stage === DONE) return END;
    if (from === to) return NEED_MORE;
    if (stage === CLOSE_DATA) return this.#data(from, to);
    const taken = Math.min(this.#remaining, to - from);
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#stage = DONE;
    return this.#data(from, from + taken);
  }

  #data(from: number, to: number): number {
    this.dataFrom = from;
    this.dataTo = to;
    this.at = to;
    return DATA;
  }

  #beginSection(stage: number): void {
    this.#stage = stage;
    this.#trailer = stage === FIELD;
    this.#status = 0;
    this.#sectionBytes = 0;
    this.#sectionText = '';
    this.#fields = 0;
  }

  #section(bytes: Buffer, from: number, to: number): number {
    const stop = Math.min(to, from + this.limits.maxHeaderBytes - this.#sectionBytes);
    // What turns a position in these bytes into one in the section's text.
    const base = this.#sectionBytes - from;
    const spans = this.#spans;
    let stage = this.#stage;
    let at = from;

    while (at < stop) {
      const byte = bytes[at] as number;
      switch (stage) {
        case STATUS: {
          const position = base + at;
          if (position < MINOR_AT) {
            if (byte !== VERSION[position]) throw malformed('the answer is not HTTP/1');
          } else if (position === MINOR_AT) {
            this.#minorVersion = byte - DIGIT_0;
            if (this.#minorVersion !== 0 && this.#minorVersion !== 1) throw malformed('unknown HTTP version');
          } else if (position === SPACE_AT) {
            if (byte !== SP) throw malformed('no space after the HTTP version');
          } else {
            const digit = byte - DIGIT_0;
            if (digit < 0 || digit > 9) throw malformed('the status is not three digits');
            this.#status = this.#status * 10 + digit;
            if (position === LAST_STATUS_DIGIT_AT) {
              if (this.#status < 100) throw malformed('the status is below 100');
              stage = AFTER_STATUS;
            }
          }
          at++;
          break;
        }
        case AFTER_STATUS:
          if (byte === SP) stage = REASON;
          else if (byte === CR) stage = LINE_LF;
          else throw malformed('the status is not followed by a space');
          at++;
          break;
        case REASON:
          while (at < stop && VALUE_BYTES[bytes[at] as number] === 1) at++;
          if (at === stop) break;
          if (bytes[at] !== CR) throw malformed('a control byte in the reason phrase');
          stage = LINE_LF;
          at++;
          break;
        case LINE_LF:
          if (byte !== LF) throw malformed('a CR without LF in the header section');
          stage = FIELD;
          at++;
          break;
        case FIELD:
          if (byte === CR) {
            stage = SECTION_LF;
            at++;
            break;
          }
          if (this.#fields === this.limits.maxHeaderCount) throw malformed('too many header fields');
          if (TOKEN_BYTES[byte] !== 1) throw malformed('a line does not begin with a field name');
          spans[this.#fields * SPAN_WIDTH] = base + at;
          stage = NAME;
          at++;
          break;
        case NAME:
          while (at < stop && TOKEN_BYTES[bytes[at] as number] === 1) at++;
          if (at === stop) break;
          if (bytes[at] !== COLON) throw malformed('a field name is not a token followed by a colon');
          spans[this.#fields * SPAN_WIDTH + 1] = base + at;
          stage = VALUE_START;
          at++;
          break;
        case VALUE_START:
          if (byte === SP || byte === HTAB) {
            at++;
            break;
          }
          spans[this.#fields * SPAN_WIDTH + 2] = base + at;
          stage = VALUE;
          break;
        case VALUE:
          while (at < stop && VALUE_BYTES[bytes[at] as number] === 1) at++;
          if (at === stop) break;
          if (bytes[at] !== CR) throw malformed('a control byte in a field value');
          spans[this.#fields * SPAN_WIDTH + 3] = base + at;
          this.#fields++;
          stage = LINE_LF;
          at++;
          break;
        default:
          if (byte !== LF) throw malformed('a CR without LF at the end of the header section');
          return this.#sectionEnded(bytes, from, at + 1, to);
      }
    }

    if (stop < to) throw malformed('the header section is over the limit');
    this.#stage = stage;
    this.#sectionBytes += at - from;
    if (!this.#trailer || this.#wantsTrailers) this.#sectionText += bytes.toString('latin1', from, at);
    this.at = at;
    return NEED_MORE;
  }

  #sectionEnded(bytes: Buffer, from: number, at: number, to: number): number {
    this.at = at;
    // Trailers are checked like any field and merged into nothing (RFC 9110, section 6.5.1).
    if (this.#trailer) this.#stage = DONE;
    if (this.#trailer && !this.#wantsTrailers) return END;
    const rest = bytes.toString('latin1', from, at);
    const text = this.#sectionText === '' ? rest : this.#sectionText + rest;
    if (this.#trailer) {
      this.trailers?.take(text, this.#spans, this.#fields);
      return END;
    }
    const head = readHead(
      text,
      this.#spans,
      this.#fields,
      this.#status,
      this.#minorVersion,
      this.#answersHead,
    );
    if (head.status < 200 && !(head.status === 101 && this.#switches)) {
      refuseOddInterim(head);
      if (++this.#informational > this.limits.maxInformational) throw malformed('too many 1xx responses');
      this.#beginSection(STATUS);
      // 100 speaks to whoever sends the body, and that is the gateway.
      if (head.status === 100) return this.#section(bytes, at, to);
      this.interim = head;
      return INTERIM;
    }
    this.head = head;
    this.#remaining = head.length;
    if (head.framing === FRAMING_LENGTH) this.#stage = head.length === 0 ? DONE : LENGTH_DATA;
    else if (head.framing === FRAMING_CHUNKED) {
      if (this.#wantsTrailers) this.trailers = new TrailerSection(head);
      this.#beginChunk();
    } else if (head.framing === FRAMING_CLOSE) this.#stage = CLOSE_DATA;
    else this.#stage = DONE;
    return HEAD;
  }

  #beginChunk(): void {
    this.#stage = CHUNK_SIZE;
    this.#remaining = 0;
    this.#sizeDigits = 0;
  }

  #chunked(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const byte = bytes[at] as number;
      switch (this.#stage) {
        case CHUNK_SIZE: {
          const digit = HEX_VALUES[byte] as number;
          at++;
          if (digit < 16) {
            if (++this.#sizeDigits > MAX_SIZE_DIGITS) throw malformed('a chunk size is too long');
            this.#remaining = this.#remaining * 16 + digit;
          } else if (this.#sizeDigits === 0) throw malformed('a chunk has no size');
          else if (byte === CR) this.#stage = CHUNK_SIZE_LF;
          else if (byte === SEMICOLON) this.#stage = CHUNK_EXTENSION;
          else throw malformed('a chunk size is not hexadecimal');
          break;
        }
        case CHUNK_EXTENSION: {
          const start = at;
          while (at < to && VALUE_BYTES[bytes[at] as number] === 1) at++;
          this.#extensionBytes += at - start;
          if (this.#extensionBytes > this.limits.maxChunkExtensionBytes) {
            throw malformed('chunk extensions are over the limit');
          }
          if (at === to) break;
          if (bytes[at] !== CR) throw malformed('a control byte in a chunk extension');
          this.#stage = CHUNK_SIZE_LF;
          at++;
          break;
        }
        case CHUNK_SIZE_LF:
          if (byte !== LF) throw malformed('a CR without LF after a chunk size');
          at++;
          if (this.#remaining === 0) {
            this.#beginSection(FIELD);
            return this.#section(bytes, at, to);
          }
          this.#stage = CHUNK_DATA;
          break;
        case CHUNK_DATA: {
          const taken = Math.min(this.#remaining, to - at);
          this.#remaining -= taken;
          if (this.#remaining === 0) this.#stage = CHUNK_DATA_CR;
          return this.#data(at, at + taken);
        }
        case CHUNK_DATA_CR:
          if (byte !== CR) throw malformed('a chunk is longer than its size');
          this.#stage = CHUNK_DATA_LF;
          at++;
          break;
        default:
          if (byte !== LF) throw malformed('a CR without LF after a chunk');
          this.#beginChunk();
          at++;
      }
    }
    this.at = at;
    return NEED_MORE;
  }
}
