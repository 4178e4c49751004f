import { isUtf8 } from 'node:buffer';
import { UnreadableBody } from '../../json-body/unreadable-body.js';

const HEAD_END = Buffer.from('\r\n\r\n');
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/;
const DISPOSITION =
  /^form-data((?:\s*;\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=(?:"(?:[^"\\]|\\[^"])*"|[^\s;"]+))*)$/i;
const PARAMETER = /;\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\[^"])*)"|([^\s;"]+))/g;

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
    const [, field, text] = FIELD.exec(line) ?? [];
    if (field === undefined) throw unnamed();
    if (field.toLowerCase() !== 'content-disposition') continue;
    if (disposition >= 0) throw unnamed();
    disposition = index;
    value = text ?? '';
  }
  const parameters = DISPOSITION.exec(value)?.[1];
  if (parameters === undefined) throw unnamed();
  return { ...namesOf(parameters), lines, disposition, content: bytes.subarray(end) };
}

/** `name*` (RFC 8187) is no name in a form (RFC 7578, section 4.2), but some believe it. */
function namesOf(parameters: string): { readonly name: string; readonly others: string } {
  const names: string[] = [];
  let others = '';
  for (const [text, key = '', quoted, plain = ''] of parameters.matchAll(PARAMETER)) {
    const folded = key.toLowerCase();
    if (folded === 'name*') throw unnamed();
    if (folded === 'name') names.push(quoted ?? plain);
    else others += text;
  }
  const [name] = names;
  if (name === undefined || names.length > 1) throw unnamed();
  return { name: name.replace(/%(?:22|0d|0a)/gi, (code) => decodeURIComponent(code)), others };
}

/** As browsers write names (HTML, section 4.10.21.8). */
function escaped(name: string): string {
  return name.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
}

const unnamed = (): UnreadableBody => new UnreadableBody('with a part that has not one plain name');
