import type { FieldsWanted, RequestWanted } from './http1-case.js';
import type { PlainAnswer } from './plain.upstream.js';

/** What must be seen of the answer on the stream. */
export interface Http2AnswerWanted {
  /** One of these. */
  readonly status: number | readonly number[];
  readonly body?: string;
  readonly fields?: FieldsWanted;
  readonly trailers?: FieldsWanted;
  readonly interim?: readonly number[];
  /** The connection ends with it. */
  readonly last?: boolean;
}

/**
 * How a case ends:
 *
 * - `answer`: the stream is answered, and the connection serves on.
 * - `stream`: the stream is refused, by a reset with one of the codes, a 400, or an error of the whole connection, which
 *   RFC 9113, section 5.4 leaves to the one who finds it.
 * - `connection`: the connection closes; a GOAWAY in front of that has one of the codes.
 * - `ignored`: nothing comes of it, and the connection serves on.
 */
export type Http2Outcome =
  | { readonly kind: 'answer'; readonly answer: Http2AnswerWanted }
  | { readonly kind: 'stream'; readonly codes: readonly number[]; readonly status: readonly number[] }
  | { readonly kind: 'connection'; readonly codes: readonly number[] }
  | { readonly kind: 'ignored' };

/** One promise about HTTP/2 on the wire. */
export interface Http2Case {
  /** What is sent, in words, with the section that says what must come of it. */
  readonly name: string;
  readonly section: string;
  /** In place of the preface and empty SETTINGS. */
  readonly first?: Buffer;
  readonly send: readonly Buffer[];
  /** Sent once `send` had its effect: a PING behind it was answered, or the stream was. */
  readonly later?: readonly Buffer[];
  readonly after?: 'ping' | 'answer';
  /** The stream that is looked at; the first unless told otherwise. */
  readonly stream?: number;
  /** What the upstream answers. */
  readonly upstreamAnswer?: PlainAnswer;
  readonly outcome: Http2Outcome;
  /** What the upstream must have seen. `torso` is nothing, or a start that was cut; `any` whatever it was. */
  readonly upstream: 'nothing' | 'torso' | 'any' | readonly RequestWanted[];
}

type More = Partial<Http2Case>;

/** Reaches the upstream once and is answered. */
export const answered = (
  name: string,
  section: string,
  send: readonly Buffer[],
  wanted: RequestWanted = {},
  answer: Partial<Http2AnswerWanted> = {},
  more: More = {},
): Http2Case => ({
  name,
  section,
  send,
  outcome: { kind: 'answer', answer: { status: 200, ...answer } },
  upstream: [wanted],
  ...more,
});

/** Answered by the gateway itself. */
export const refused = (
  name: string,
  section: string,
  send: readonly Buffer[],
  status: number | readonly number[] = 400,
  more: More = {},
): Http2Case => ({
  name,
  section,
  send,
  outcome: { kind: 'answer', answer: { status } },
  upstream: 'nothing',
  ...more,
});

/** An error of one stream, before the upstream heard of it. */
export const streamError = (
  name: string,
  section: string,
  send: readonly Buffer[],
  codes: readonly number[],
  more: More = {},
): Http2Case => ({
  name,
  section,
  send,
  outcome: { kind: 'stream', codes, status: [400] },
  upstream: 'nothing',
  ...more,
});

/** An error of the whole connection. */
export const connectionError = (
  name: string,
  section: string,
  send: readonly Buffer[],
  codes: readonly number[],
  more: More = {},
): Http2Case => ({
  name,
  section,
  send,
  outcome: { kind: 'connection', codes },
  upstream: 'torso',
  ...more,
});

/** Has no effect on the connection. */
export const ignored = (
  name: string,
  section: string,
  send: readonly Buffer[],
  more: More = {},
): Http2Case => ({ name, section, send, outcome: { kind: 'ignored' }, upstream: 'any', ...more });
