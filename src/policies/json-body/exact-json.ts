import { parseJson } from '../../contracts/json-names.js';
import { nestsTooDeep } from './json-depth.js';
import { UnreadableBody } from './unreadable-body.js';

/** The parts of ECMA-262's JSON source text access that TypeScript's ES2024 library does not list yet. */
interface ExactJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}
/** What `JSON.parse` is told to accept; it hands over the source of a number as a third argument. */
type Reviver = (key: string, value: unknown) => unknown;
const EXACT = JSON as unknown as ExactJson;

/** A double holds every number of up to 15 digits, so only longer ones can change on the way through. */
const SAFE_DIGITS = 15;

const DECODER = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses bytes as JSON, strictly in UTF-8, keeping numbers that a double would round (64-bit ids) as they are written.
 *
 * Of a repeated key the last value stays, and since only the parsed value is written anew, the earlier ones are gone.
 * A byte order mark is left out (RFC 8259, section 8.1).
 *
 * @throws UnreadableBody when it is not JSON
 */
export function parseExact(bytes: Buffer): unknown {
  if (nestsTooDeep(bytes)) throw new UnreadableBody('that nests too deeply');
  let text: string;
  try {
    text = DECODER.decode(bytes);
  } catch {
    throw new UnreadableBody('that is not UTF-8');
  }
  try {
    return parseJson(text, holdsLongNumber(bytes) ? (keepSource as Reviver) : undefined);
  } catch (error) {
    throw new UnreadableBody(error instanceof RangeError ? 'that nests too deeply' : 'that is not JSON');
  }
}

/** Writes a value. @throws UnreadableBody when it nests too deeply */
export function writeExact(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableBody('that nests too deeply');
    throw error;
  }
}

/** Whether a parsed value has fields. A number kept as written is an object to JavaScript and a scalar to us. */
export function hasFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !EXACT.isRawJSON(value);
}

function keepSource(_key: string, value: unknown, context: { source?: string }): unknown {
  const { source } = context;
  return typeof value === 'number' && source !== undefined && String(value) !== source
    ? EXACT.rawJSON(source)
    : value;
}

/**
 * Whether any run of digits and dots is longer than a double can hold, inside a string or not.
 * Every such run covers one of the positions looked at, so that the rest of the text is skipped.
 */
function holdsLongNumber(bytes: Buffer): boolean {
  for (let at = SAFE_DIGITS; at < bytes.length; at += SAFE_DIGITS + 1) {
    if (!isNumeric(bytes[at])) continue;
    let start = at;
    let end = at;
    while (isNumeric(bytes[start - 1])) start--;
    while (isNumeric(bytes[end + 1])) end++;
    if (end - start >= SAFE_DIGITS) return true;
  }
  return false;
}

function isNumeric(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || byte === 0x2e);
}
