import type { ResponseBody } from '../../contracts/upstream-response.js';
import { arrivedBody } from './arrived-body.js';
import type { Attempt } from './attempt.js';
import { BodilessBody } from './bodiless-body.js';
import { ReadBuffer } from './read-buffer.js';
import { FRAMING_NONE, type ResponseHead } from './response-head.js';
import type { ResponseLimits } from './response-limits.js';
import { DATA, END, HEAD, INTERIM, NEED_MORE, ResponseParser } from './response-parser.js';
import { type BodySource, StreamingBody } from './streaming-body.js';

/** Takes apart what a connection reads. Its fields tell of the last read; no object is made for one. */
export class ResponseReader {
  readonly buffer = new ReadBuffer();
  /** The final header section stood in this read. */
  headed = false;
  /** The response ended in this read. */
  ended = false;
  /** Bytes came behind the end of the response. */
  followed = false;
  readonly #parser: ResponseParser;
  #length = 0;
  #at = 0;
  #from = 0;
  #to = 0;

  constructor(limits: ResponseLimits) {
    this.#parser = new ResponseParser(limits);
  }

  /** The header section of the response under way, or of the last one. */
  get head(): ResponseHead | undefined {
    return this.#parser.head;
  }

  /** Whether the end of the connection now is the clean end of a response. */
  get endsWithConnection(): boolean {
    return this.#parser.endsWithConnection;
  }

  /** Whether this read brought bytes of the body. */
  get brought(): boolean {
    return this.#to > this.#from;
  }

  /** Prepares for the response to a request. */
  begin({ request }: Attempt): void {
    const switches = request.upgrade === true;
    this.#parser.begin(request.method === 'HEAD', request.trailers === true && !switches, switches);
  }

  /**
   * Reads what stands in the buffer. Body bytes are moved together over their chunk framing, so that a read is one write
   * onward.
   *
   * @throws GatewayError `upstream-protocol`
   */
  read(length: number, attempt: Attempt): void {
    const parser = this.#parser;
    const { bytes } = this.buffer;
    let event = NEED_MORE;
    let at = 0;
    let from = 0;
    let to = 0;
    let headed = false;
    do {
      event = parser.next(bytes, at, length);
      at = parser.at;
      if (event === HEAD) headed = true;
      else if (event === INTERIM) attempt.inform(parser.interim as ResponseHead);
      else if (event === DATA) {
        if (from === to) {
          from = parser.dataFrom;
          to = parser.dataTo;
        } else {
          bytes.copyWithin(to, parser.dataFrom, parser.dataTo);
          to += parser.dataTo - parser.dataFrom;
        }
      }
    } while (event !== NEED_MORE && event !== END);
    this.headed = headed;
    this.ended = event === END;
    this.followed = at < length;
    this.#at = at;
    this.#length = length;
    this.#from = from;
    this.#to = to;
  }

  /** What stands in this read behind the response, as bytes of the caller's own. */
  rest(): Buffer {
    return this.buffer.copy(this.#at, this.#length);
  }

  /** The body bytes of this read, which belong to the caller from now on. */
  take(): Buffer {
    return this.buffer.take(this.#from, this.#to, this.#length);
  }

  /** The body of the response whose header section came in this read; `source` is where the rest of it comes from. */
  body(source: BodySource): ResponseBody {
    const { framing, length } = this.#parser.head as ResponseHead;
    const declared = length < 0 ? undefined : length;
    if (framing === FRAMING_NONE) return new BodilessBody(declared);
    const { trailers } = this.#parser;
    if (this.ended) {
      return arrivedBody(this.brought ? this.buffer.copy(this.#from, this.#to) : undefined, trailers);
    }
    const body = new StreamingBody(source, declared, this.buffer.recycle, trailers);
    if (this.brought) body.push(this.take());
    return body;
  }
}
