import { ANSWER_CASES } from './http1-answers.cases.js';
import type { Http1Case } from './http1-case.js';
import { CONNECTION_CASES } from './http1-connection.cases.js';
import { FIELD_CASES } from './http1-fields.cases.js';
import { FRAMING_CASES } from './http1-framing.cases.js';
import { TARGET_CASES } from './http1-target.cases.js';

/** Promises about HTTP/1.1 on the wire, from RFC 9110 and RFC 9112; where those leave a choice, the strict one is ours. */
export const HTTP1_CASES: readonly Http1Case[] = [
  ...FRAMING_CASES,
  ...FIELD_CASES,
  ...TARGET_CASES,
  ...CONNECTION_CASES,
  ...ANSWER_CASES,
];
