import { type TextRule, text } from './text.kinds.js';

// RFC 3986, section 3.3: what a path may hold, percent-encoded bytes included.
const PLAIN = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/;

/** What is wrong with a path that is no regex, behind `must be`. */
export const prefixFault: TextRule = (path) => {
  if (!path.startsWith('/')) return 'a path: it begins with /';
  if (path.includes('//')) return 'a path without empty segments (//)';
  if (/\/\.\.?(\/|$)/.test(path)) return 'a path without the segments . and ..';
  if (!PLAIN.test(path)) {
    return 'a path of the signs that RFC 3986 allows, others percent-encoded; a regex begins with ~';
  }
  return undefined;
};

export const plainPath = text('a path that begins with /', prefixFault);
