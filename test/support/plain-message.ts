/** A field as it stood on the wire, its value without the blanks around it. */
export type PlainField = readonly [name: string, value: string];

/** Where the letter of the RFCs may be left, always by name; without any the reading is strict. */
export interface PlainRules {
  /** Chunk extensions may hold whatever a field value may, instead of the grammar of RFC 9112, section 7.1.1. */
  readonly anyExtension?: boolean;
  /** Digits a Content-Length may have; RFC 9110, section 8.6 leaves the guard against overflow to the recipient. */
  readonly lengthDigits?: number;
  /** Digits a chunk size may have; RFC 9112, section 7.1 leaves it to the recipient as well. */
  readonly sizeDigits?: number;
}

/** The bytes break the grammar. */
export class Refused extends Error {}
/** Nothing is wrong so far, and more has to come. */
export class Incomplete extends Error {}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const VALUE = '[\\t\\x20-\\x7e\\x80-\\xff]*';
const FIELD = new RegExp(`^(${TOKEN}):(${VALUE})$`);
const BWS = '[ \\t]*';
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const EXTENSIONS = new RegExp(`^(?:${BWS};${BWS}${TOKEN}(?:${BWS}=${BWS}(?:${TOKEN}|${QUOTED}))?)*$`);
const ANY_EXTENSION = new RegExp(`^(?:;${VALUE})?$`);

/**
 * Reads the parts that requests and responses have in common (RFC 9112, sections 2.1, 5 and 7.1), one whole line after
 * the other and with no thought of speed: a second opinion for the tests. Every character stands for one byte.
 */
export class PlainMessage {
  at = 0;

  constructor(
    readonly text: string,
    readonly rules: PlainRules = {},
  ) {}

  /** The text up to the next CRLF, which is the only line end (RFC 9112, section 2.2). */
  line(): string {
    const rest = this.text.slice(this.at);
    const end = rest.indexOf('\r\n');
    const line = end < 0 ? rest.replace(/\r$/, '') : rest.slice(0, end);
    if (line.includes('\n')) throw new Refused('an LF without a CR');
    if (line.includes('\r')) throw new Refused('a CR without an LF');
    if (end < 0) throw new Incomplete('a line without its end');
    this.at += end + 2;
    return line;
  }

  /** Leaves out what matches at the place where it stands. */
  skip(start: RegExp): void {
    this.at += start.exec(this.text.slice(this.at))?.[0].length ?? 0;
  }

  /** Field lines up to the empty line (RFC 9112, section 5). */
  fields(): PlainField[] {
    const fields: PlainField[] = [];
    for (let line = this.line(); line !== ''; line = this.line()) {
      if (/^[ \t]/.test(line)) throw new Refused('a folded line, or blanks before the first field');
      const found = FIELD.exec(line);
      if (found === null) throw new Refused(`no field line: ${JSON.stringify(line)}`);
      fields.push([found[1] as string, (found[2] as string).replace(/^[ \t]+|[ \t]+$/g, '')]);
    }
    return fields;
  }

  /** So many bytes. */
  take(bytes: number): string {
    if (this.text.length - this.at < bytes) throw new Incomplete('a body without its end');
    this.at += bytes;
    return this.text.slice(this.at - bytes, this.at);
  }

  /** A body in chunks, with the trailers behind it (RFC 9112, section 7.1). */
  chunked(): { body: string; trailers: PlainField[] } {
    let body = '';
    for (;;) {
      const line = this.line();
      const [, digits = '', extensions = ''] = /^([0-9A-Fa-f]*)(.*)$/s.exec(line) ?? [];
      if (digits === '') throw new Refused('a chunk without a size');
      if (digits.length > (this.rules.sizeDigits ?? 13)) throw new Refused('a chunk size of too many digits');
      const grammar = this.rules.anyExtension === true ? ANY_EXTENSION : EXTENSIONS;
      if (!grammar.test(extensions)) throw new Refused('a chunk extension that is none');
      const size = Number.parseInt(digits, 16);
      if (size === 0) return { body, trailers: this.fields() };
      body += this.take(size);
      const end = this.text.slice(this.at, this.at + 2);
      if (!'\r\n'.startsWith(end)) throw new Refused('a chunk that does not end where its size says');
      this.take(2);
    }
  }

  /** How the body is framed (RFC 9112, sections 6.1 to 6.3), where two ways to say it are one too many. */
  framing(fields: readonly PlainField[], minor: number): 'none' | 'chunked' | number {
    const lengths = valuesOf(fields, 'content-length');
    const codings = valuesOf(fields, 'transfer-encoding');
    if (lengths.length > 0 && codings.length > 0) throw new Refused('Content-Length and Transfer-Encoding');
    if (lengths.length > 1) throw new Refused('Content-Length more than once');
    if (codings.length > 1) throw new Refused('Transfer-Encoding more than once');
    const [length] = lengths;
    const [coding] = codings;
    if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked') throw new Refused('a transfer coding other than chunked');
      if (minor === 0) throw new Refused('Transfer-Encoding in HTTP/1.0');
      return 'chunked';
    }
    if (length === undefined) return 'none';
    if (!/^[0-9]+$/.test(length)) throw new Refused('a Content-Length that is no number');
    if (length.length > (this.rules.lengthDigits ?? 15))
      throw new Refused('a Content-Length of too many digits');
    return Number(length);
  }
}

/** The values of a field, in the order they came. */
export function valuesOf(fields: readonly PlainField[], lowerCaseName: string): string[] {
  return fields.filter(([name]) => name.toLowerCase() === lowerCaseName).map(([, value]) => value);
}
