import { fieldBlock } from './hpack.js';
import { data, FLAG, headers } from './http2.frames.js';
import type { PlainField } from './plain-message.js';

/** The pseudo-header fields of a GET of `/c/x`. */
export const PSEUDO: readonly PlainField[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/c/x'],
  [':authority', 'gateway'],
];

/** Pseudo-header fields with some of them in other words, or left out where the word is missing. */
export function pseudo(other: Readonly<Record<string, string | undefined>> = {}): PlainField[] {
  const names = new Set([...PSEUDO.map(([name]) => name), ...Object.keys(other)]);
  return [...names].flatMap((name) => {
    const value = name in other ? other[name] : PSEUDO.find(([known]) => known === name)?.[1];
    return value === undefined ? [] : ([[name, value]] as const);
  });
}

/** A whole GET of `/c/x` on a stream, with these fields. */
export const get = (stream: number, ...fields: readonly PlainField[]): Buffer =>
  headers(stream, fieldBlock([...PSEUDO, ...fields]));

/** A whole GET of another path. */
export const getPath = (stream: number, path: string): Buffer =>
  headers(stream, fieldBlock(pseudo({ ':path': path })));

/** The head of a POST to `/c/x`, whose body is to follow. */
export const postHead = (stream: number, ...fields: readonly PlainField[]): Buffer =>
  headers(stream, fieldBlock([...pseudo({ ':method': 'POST' }), ...fields]), FLAG.endHeaders);

/** A whole POST to `/c/x`. */
export const post = (stream: number, body: string, ...fields: readonly PlainField[]): Buffer =>
  Buffer.concat([postHead(stream, ...fields), data(stream, body)]);
