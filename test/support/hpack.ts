import { HPACK_STATIC, HUFFMAN_LENGTHS } from './hpack.tables.js';
import type { PlainField } from './plain-message.js';

/** A number behind a prefix of so many bits, the bits in front of it given (RFC 7541, section 5.1). */
export function hpackInteger(value: number, prefixBits: number, front = 0): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.of(front | value);
  const bytes = [front | max];
  let rest = value - max;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A text as it is, one character for one byte (RFC 7541, section 5.2). */
export const hpackText = (text: string): Buffer =>
  Buffer.concat([hpackInteger(text.length, 7), Buffer.from(text, 'latin1')]);

/** A whole field by its number in the tables (RFC 7541, section 6.1). */
export const indexed = (index: number): Buffer => hpackInteger(index, 7, 0x80);

/** A field that no table remembers (RFC 7541, section 6.2.2). */
export const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0), hpackText(name), hpackText(value)]);

/** A field that enters the other side's table, where it becomes number 62 (RFC 7541, section 6.2.1). */
export const remembered = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0x40), hpackText(name), hpackText(value)]);

/** The new size of the table (RFC 7541, section 6.3). */
export const tableSize = (bytes: number): Buffer => hpackInteger(bytes, 5, 0x20);

/** A field section of fields that no table remembers. */
export const fieldBlock = (fields: readonly PlainField[]): Buffer =>
  Buffer.concat(fields.map(([name, value]) => literal(name, value)));

const HUFFMAN = huffmanCodes();

/** Reads the field sections of one connection, whose table they share (RFC 7541, section 3). */
export class HpackReader {
  /** The fields of the section read last that no table on the way may remember (RFC 7541, section 6.2.3). */
  neverIndexed: PlainField[] = [];
  readonly #table: PlainField[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @throws Error when the bytes are no field section */
  read(block: Buffer): PlainField[] {
    this.#bytes = block;
    this.#at = 0;
    this.neverIndexed = [];
    const fields: PlainField[] = [];
    while (this.#at < block.length) {
      const first = block[this.#at] as number;
      if (first & 0x80) fields.push(this.#entry(this.#integer(7)));
      else if (first & 0x40) {
        const field = this.#literal(6);
        this.#table.unshift(field);
        fields.push(field);
      } else if (first & 0x20) this.#resize(this.#integer(5));
      else {
        const field = this.#literal(4);
        fields.push(field);
        if (first & 0x10) this.neverIndexed.push(field);
      }
      this.#resize(4_096);
    }
    return fields;
  }

  #literal(prefixBits: number): PlainField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    return [name, this.#text()];
  }

  #entry(index: number): PlainField {
    const found = index <= HPACK_STATIC.length ? HPACK_STATIC[index - 1] : this.#table[index - 62];
    if (found === undefined) throw new Error(`HPACK has no entry ${index}`);
    return found;
  }

  #resize(bytes: number): void {
    const sizeOf = ([name, value]: PlainField) => name.length + value.length + 32;
    let size = this.#table.reduce((sum, field) => sum + sizeOf(field), 0);
    while (size > bytes) size -= sizeOf(this.#table.pop() as PlainField);
  }

  #integer(prefixBits: number): number {
    const max = 2 ** prefixBits - 1;
    let value = this.#byte() & max;
    if (value < max) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  #text(): string {
    const isHuffman = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (bytes.length < length) throw new Error('HPACK ends in a text');
    return isHuffman ? fromHuffman(bytes) : bytes.toString('latin1');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('HPACK ends in a number');
    return byte;
  }
}

function fromHuffman(bytes: Buffer): string {
  let text = '';
  let code = '';
  for (const byte of bytes) {
    for (const bit of byte.toString(2).padStart(8, '0')) {
      code += bit;
      const found = HUFFMAN.get(code);
      if (found === undefined) continue;
      text += found;
      code = '';
    }
  }
  // What is left is the beginning of the code of the end, which is all ones.
  if (code.length > 7 || code.includes('0')) throw new Error(`HPACK has no character for ${code}`);
  return text;
}

function huffmanCodes(): ReadonlyMap<string, string> {
  const codes = new Map<string, string>();
  let next = 0;
  let last = 0;
  for (const [bits, characters] of HUFFMAN_LENGTHS) {
    next *= 2 ** (bits - last);
    last = bits;
    for (const character of characters) codes.set((next++).toString(2).padStart(bits, '0'), character);
  }
  return codes;
}
