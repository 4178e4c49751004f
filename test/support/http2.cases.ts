import type { Http2Case } from './http2-case.js';
import { DEVIATION_CASES } from './http2-deviations.cases.js';
import { FRAMING_CASES } from './http2-framing.cases.js';
import { MESSAGE_CASES } from './http2-messages.cases.js';
import { STREAM_CASES } from './http2-streams.cases.js';

/** Promises about HTTP/2 on the wire, from RFC 9113 and RFC 7541; where those leave a choice, the strict one is ours. */
export const HTTP2_CASES: readonly Http2Case[] = [
  ...FRAMING_CASES,
  ...STREAM_CASES,
  ...MESSAGE_CASES,
  ...DEVIATION_CASES,
];
