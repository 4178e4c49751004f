/** What a look at the member names of a JSON text brings. */
interface JsonNames {
  /** Members of all objects together, a name that stands twice counted twice. */
  readonly members: number;
  /** The same JSON with no escape in any name; the very text that was given when none had one. */
  readonly text: string;
}

/**
 * Counts the member names of valid JSON and writes those plainly that hold escapes.
 * `undefined` when a name cannot be written plainly: it holds a quote, a backslash or a control character.
 *
 * Node 24 and 26 misread escaped names: once a name starting with a backslash was parsed anywhere in the process,
 * another that only starts with an escape is taken for it (https://github.com/nodejs/node/issues/63785).
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
      if (name.includes('\\')) return undefined;
      plain += text.slice(copied, start) + name;
      copied = end;
    }
  }
  return { members, text: copied === 0 ? text : plain + text.slice(copied) };
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
