import {
  Incomplete,
  type PlainField,
  PlainMessage,
  type PlainRules,
  Refused,
  valuesOf,
} from './plain-message.js';

export interface PlainHead {
  readonly minor: 0 | 1;
  readonly status: number;
  readonly fields: readonly PlainField[];
}

/** A response that can be read in one way only. Every character stands for one byte. */
export interface PlainResponse extends PlainHead {
  /** The 1xx responses before it. */
  readonly informational: readonly PlainHead[];
  /** How the end of the body is known. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly body: string;
  readonly trailers: readonly PlainField[];
}

export type ResponseReading =
  | { readonly kind: 'response'; readonly response: PlainResponse; readonly bytes: number }
  /** Nothing is wrong so far. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface ResponseQuestion {
  /** The request was HEAD: no body follows whatever the head says. */
  readonly answersHead?: boolean;
  /** The connection has ended behind these bytes. */
  readonly ended?: boolean;
  readonly rules?: PlainRules & {
    /** A status line may leave out the space before an empty reason (RFC 9112, section 4 wants it). */
    readonly spaceOptional?: boolean;
  };
}

const REASON = '[\\t\\x20-\\x7e\\x80-\\xff]*';
const STATUS_LINE = new RegExp(`^HTTP/1\\.([01]) ([1-9][0-9]{2}) ${REASON}$`);
const TOLERANT_STATUS_LINE = new RegExp(`^HTTP/1\\.([01]) ([1-9][0-9]{2})(?: ${REASON})?$`);

/** Reads the first final response of a connection's bytes by the letter of RFC 9110 and RFC 9112. */
export function plainResponse(text: string, question: ResponseQuestion = {}): ResponseReading {
  const message = new PlainMessage(text, question.rules);
  const informational: PlainHead[] = [];
  try {
    for (;;) {
      const head = readHead(message, question.rules?.spaceOptional === true);
      const framing = message.framing(head.fields, head.minor);
      if (head.status >= 200) {
        const rest = readBody(message, head.status, framing, question);
        return { kind: 'response', response: { ...head, informational, ...rest }, bytes: message.at };
      }
      // RFC 9110, section 15.2.2: nobody asked for another protocol.
      if (head.status === 101) throw new Refused('101 that nobody asked for');
      // RFC 9110, section 8.6 and RFC 9112, section 6.1.
      if (framing !== 'none') throw new Refused('a 1xx that announces a body');
      informational.push(head);
    }
  } catch (error) {
    if (error instanceof Incomplete) return { kind: 'incomplete' };
    if (error instanceof Refused) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

function readHead(message: PlainMessage, spaceOptional: boolean): PlainHead {
  const line = message.line();
  const [, digit, code] = (spaceOptional ? TOLERANT_STATUS_LINE : STATUS_LINE).exec(line) ?? [];
  if (code === undefined) throw new Refused(`no status line: ${JSON.stringify(line)}`);
  return { minor: digit === '0' ? 0 : 1, status: Number(code), fields: message.fields() };
}

/** RFC 9112, section 6.3. */
function readBody(
  message: PlainMessage,
  status: number,
  framing: 'none' | 'chunked' | number,
  { answersHead = false, ended = false }: ResponseQuestion,
): Pick<PlainResponse, 'framing' | 'body' | 'trailers'> {
  if (answersHead || status === 204 || status === 304) return { framing: 'none', body: '', trailers: [] };
  if (framing === 'chunked') return { framing: 'chunked', ...message.chunked() };
  if (framing !== 'none') return { framing: 'length', body: message.take(framing), trailers: [] };
  if (!ended) throw new Incomplete('a body that ends with its connection');
  return { framing: 'close', body: message.take(message.text.length - message.at), trailers: [] };
}

/** Fields of one hop (RFC 9110, section 7.6.1), with those that RFC 7540, section 3.2.1 and RFC 9110, section 6.6.2 add. */
const ONE_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'trailer',
];

/** What an intermediary may pass on: neither the fields of one hop, nor those that Connection names, nor the length. */
export function endToEnd(fields: readonly PlainField[]): PlainField[] {
  const named = valuesOf(fields, 'connection').flatMap((value) => value.toLowerCase().split(','));
  const dropped = new Set([...ONE_HOP, 'content-length', ...named.map((option) => option.trim())]);
  for (const word of ['close', 'keep-alive']) if (!ONE_HOP.includes(word)) dropped.delete(word);
  return fields.filter(([name]) => !dropped.has(name.toLowerCase()));
}
