import type { OptionRule } from '../../contracts/option-check.js';

/** More than this is not skew but a wrong clock, and an expired credential would live on for as long. */
export const SKEW_MAXIMUM_SECONDS = 300;

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const text: OptionRule = (value) => (isText(value) ? undefined : 'a text that is not empty');

export const textOrList: OptionRule = (value) =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText))
    ? undefined
    : 'one text or a list of texts, none of them empty';

/** What may stand in a quoted header value (RFC 9110, section 5.6.4), without the two characters that need escaping. */
export const quotable: OptionRule = (value) =>
  typeof value === 'string' && /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(value)
    ? undefined
    : 'printable ASCII without quotes and backslashes';
