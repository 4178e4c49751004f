// Everything but printable ASCII is escaped: control bytes and ANSI sequences cannot reach a terminal, U+2028 and lone
// surrogates cannot break a line or a parser, and a line has as many bytes as characters.
// One class instead of an alternative: the test runs seven times a line.
const UNSAFE = /[^ !#-[\]-~]/;
const UNSAFE_ALL = /[^ !#-[\]-~]/g;
const NOT_ASCII = /[^\n -~]/g;

/** A JSON string of printable ASCII only, quotes included, that parses back to the same text. */
export function jsonText(value: string): string {
  return UNSAFE.test(value) ? `"${value.replace(UNSAFE_ALL, escapeUnit)}"` : `"${value}"`;
}

/** Makes a serialised JSON line printable ASCII without changing what it means. */
export function asciiLine(line: string): string {
  return line.replace(NOT_ASCII, escapeUnit);
}

function escapeUnit(unit: string): string {
  if (unit === '"' || unit === '\\') return `\\${unit}`;
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
