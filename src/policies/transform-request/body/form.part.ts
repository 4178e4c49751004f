import { isUtf8 } from 'node:buffer';
import { UnreadableBody } from '../../json-body/unreadable-body.js';

const HEAD_END = Buffer.from('\r\n\r\n');
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORM_DATA = /^form-data/i;
/** Tried where the one before ended, so that no text is looked at twice. */
const PARAMETER = /\s*;\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\[^"])*)"|([^\s;"]+))/y;

/** One part of a `multipart/form-data` body: its head and content, without the delimiters around it. */
export class Part {
  private constructor(
    /** As the form meant it: quotes and line breaks are no longer escaped. */
    readonly name: string,
    readonly bytes: Buffer,
  ) {}

  /** @throws UnreadableBody when it has not exactly one name */
  static read(bytes: Buffer): Part {
    return new Part(readHead(bytes).name, bytes);
  }

  /** A plain field. */
  static of(name: string, value: string): Part {
    return new Part(
      name,
      Buffer.from(`Content-Disposition: form-data; name="${escaped(name)}"\r\n\r\n${value}`),
    );
  }

  /** The same content under a name. */
  named(name: string): Part {
    if (name === this.name) return this;
    const { lines, disposition, others, content } = readHead(this.bytes);
    const field = `Content-Disposition: form-data; name="${escaped(name)}"${others}`;
    const head = lines.map((line, index) => (index === disposition ? field : line)).join('\r\n');
    return new Part(name, Buffer.concat([Buffer.from(head), content]));
  }
}

interface PartHead {
  readonly name: string;
  readonly lines: readonly string[];
  /** Which of the lines names it. */
  readonly disposition: number;
  /** The other parameters of that line, as they stand. */
  readonly others: string;
  /** What follows the head, the empty line first. */
  readonly content: Buffer;
}

function readHead(bytes: Buffer): PartHead {
  const end = bytes.indexOf(HEAD_END);
  const head = bytes.subarray(0, end);
  if (end < 0 || !isUtf8(head)) throw unnamed();
  const lines = head.toString('utf8').split('\r\n');
  let disposition = -1;
  let value = '';
  for (const [index, line] of lines.entries()) {
    const colon = line.indexOf(':');
    if (!NAME.test(line.slice(0, Math.max(colon, 0)))) throw unnamed();
    if (line.slice(0, colon).toLowerCase() !== 'content-disposition') continue;
    if (disposition >= 0) throw unnamed();
    disposition = index;
    value = line.slice(colon + 1).trim();
  }
  return { ...namesOf(value), lines, disposition, content: bytes.subarray(end) };
}

/** `name*` (RFC 8187) is no name in a form (RFC 7578, section 4.2), but some believe it. */
function namesOf(disposition: string): { readonly name: string; readonly others: string } {
  if (!FORM_DATA.test(disposition)) throw unnamed();
  let name: string | undefined;
  let others = '';
  let at = 'form-data'.length;
  while (at < disposition.length) {
    PARAMETER.lastIndex = at;
    const [text, key = '', quoted, plain = ''] = PARAMETER.exec(disposition) ?? [];
    if (text === undefined) throw unnamed();
    at += text.length;
    const folded = key.toLowerCase();
    if (folded === 'name*' || (folded === 'name' && name !== undefined)) throw unnamed();
    if (folded === 'name') name = quoted ?? plain;
    else others += text;
  }
  if (name === undefined) throw unnamed();
  return { name: name.replace(/%(?:22|0d|0a)/gi, (code) => decodeURIComponent(code)), others };
}

/** As browsers write names (HTML, section 4.10.21.8). */
function escaped(name: string): string {
  return name.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
}

const unnamed = (): UnreadableBody => new UnreadableBody('with a part that has not one plain name');
