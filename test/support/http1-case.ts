import type { PlainAnswer } from './plain.upstream.js';
import type { PlainField } from './plain-message.js';
import type { PlainRequest } from './plain-request.js';

/** What a field must say: its values joined by `, ` as one text, a pattern for them, or nothing where it must be absent. */
export type FieldsWanted = Readonly<Record<string, string | RegExp | undefined>>;

/** What must be seen of one request at the upstream. */
export interface RequestWanted {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  readonly fields?: FieldsWanted;
  /** Trailer fields by lower-case name. */
  readonly trailers?: FieldsWanted;
}

/** What must be seen of one answer at the client. */
export interface AnswerWanted {
  /** One of these. */
  readonly status: number | readonly number[];
  readonly body?: string;
  readonly fields?: FieldsWanted;
  readonly framing?: 'none' | 'length' | 'chunked' | 'close';
  readonly trailers?: FieldsWanted;
}

/** One promise about HTTP/1.1 on the wire. Texts are bytes, one character each. */
export interface Http1Case {
  /** What is sent, in words, with the section that says what must come of it. */
  readonly name: string;
  readonly section: string;
  readonly send: string;
  /** The client ends its half of the connection behind the bytes. */
  readonly finish?: boolean;
  readonly answer?: PlainAnswer;
  /** The answers that must come, in their order. `cut` is one that must not come to its end. */
  readonly answers: readonly (AnswerWanted | 'cut')[];
  /** Of the requests answered, for the reading of the answers. */
  readonly methods?: readonly string[];
  readonly connection: 'kept' | 'closed' | 'either';
  /** What the upstream must have seen. `torso` is nothing, or a start that was cut. */
  readonly upstream: 'nothing' | 'torso' | readonly RequestWanted[];
}

/** A request line and its fields, with the Host that every request needs. */
export const head = (line: string, ...fields: readonly string[]): string =>
  `${line} HTTP/1.1\r\nHost: gateway\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

export const get = (...fields: readonly string[]): string => head('GET /c/x', ...fields);
export const post = (field: string, body: string): string => head('POST /c/x', field) + body;

/** RFC 9110, sections 5.6.7 and 6.6.1. */
const DATED = { date: /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT$/ };

/** One that is refused before the upstream hears of it, and whose connection ends with that. */
export function refused(
  name: string,
  section: string,
  send: string,
  status: number | readonly number[] = 400,
  more: Partial<Http1Case> = {},
): Http1Case {
  return {
    name,
    section,
    send,
    answers: [{ status, fields: DATED }],
    connection: 'closed',
    upstream: 'nothing',
    ...more,
  };
}

/** One that reaches the upstream once and is answered. */
export function forwarded(
  name: string,
  section: string,
  send: string,
  wanted: RequestWanted = {},
  more: Partial<Http1Case> = {},
): Http1Case {
  return {
    name,
    section,
    send,
    answers: [{ status: 200, body: send.startsWith('HEAD') ? '' : 'ok' }],
    connection: 'kept',
    upstream: [wanted],
    ...more,
  };
}

/** A GET whose answer is these bytes of the upstream. */
export function answered(
  name: string,
  section: string,
  bytes: string,
  answer: AnswerWanted | 'cut',
  more: Partial<Http1Case> & { readonly end?: boolean } = {},
): Http1Case {
  const { end = false, ...rest } = more;
  return {
    name,
    section,
    send: get(),
    answer: { bytes, end },
    answers: [answer],
    connection: answer === 'cut' ? 'closed' : 'kept',
    upstream: [{}],
    ...rest,
  };
}

/** What of these fields is not as wanted; empty when all is. */
export function unlike(fields: readonly PlainField[], wanted: FieldsWanted = {}): string[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    const found = fields.filter(([given]) => given.toLowerCase() === name).map(([, text]) => text);
    const text = found.length === 0 ? undefined : found.join(', ');
    const fits = value instanceof RegExp ? text !== undefined && value.test(text) : text === value;
    return fits ? [] : [`${name} is ${JSON.stringify(text)}, not ${String(value)}`];
  });
}

/** What of this request is not as wanted; empty when all is. */
export function unlikeRequest(found: PlainRequest, wanted: RequestWanted | undefined): string[] {
  if (wanted === undefined) return [`${found.method} ${found.target} was not to come`];
  const { method = found.method, target = found.target, body = found.body } = wanted;
  return [
    ...(found.method === method ? [] : [`the method is ${found.method}`]),
    ...(found.target === target ? [] : [`the target is ${found.target}`]),
    ...(found.body === body ? [] : [`the body is ${JSON.stringify(found.body)}`]),
    ...unlike(found.fields, wanted.fields),
    ...unlike(found.trailers, wanted.trailers),
  ];
}
