/** What a look at the member names of a JSON text brings. */
export interface JsonNames {
  /** Members of all objects together, a name that stands twice counted twice. */
  readonly members: number;
  /** The same JSON with no escape in any name; the very text that was given when none had one. */
  readonly text: string;
}

/**
 * Counts the member names of valid JSON and writes those plainly that hold escapes.
 * `undefined` when a name cannot begin plainly: with a quote, a backslash or a control character.
 *
 * Node 24 and 26 misread names that begin with an escape: once one was parsed anywhere in the process, another is
 * taken for it (https://github.com/nodejs/node/issues/63785). A filter would then look for the wrong field.
 */
export function readNames(text: string): JsonNames | undefined {
  let members = 0;
  let plain = '';
  let copied = 0;
  let start = 0;
  let end = 0;
  let escaped = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      start = i;
      escaped = false;
      for (i++; text.charCodeAt(i) !== QUOTE; i++) {
        if (text.charCodeAt(i) === BACKSLASH) {
          escaped = true;
          i++;
        }
      }
      end = i + 1;
    } else if (code === COLON) {
      // The string before a colon is a name.
      members++;
      if (!escaped) continue;
      const name = JSON.stringify(JSON.parse(text.slice(start, end)));
      if (name.charCodeAt(1) === BACKSLASH) return undefined;
      plain += text.slice(copied, start) + name;
      copied = end;
    }
  }
  return { members, text: copied === 0 ? text : plain + text.slice(copied) };
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/**
 * Parses JSON that a stranger wrote. The same as `JSON.parse`, but for the names described at {@link readNames}.
 *
 * @throws SyntaxError when it is not JSON, or holds a name that this version of Node cannot be trusted to read
 */
export function parseJson(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  const value = JSON.parse(text, reviver) as unknown;
  if (!text.includes('\\')) return value;
  const names = readNames(text);
  if (names === undefined)
    throw new SyntaxError('A name in the JSON begins with a character that must be escaped.');
  return names.text === text ? value : (JSON.parse(names.text, reviver) as unknown);
}
