/** One value of DER (X.690): its tag, and where it lies. */
export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/**
 * Reads the values that stand one behind the other.
 *
 * @throws RangeError when the bytes are not whole values with definite lengths and tags of one byte
 */
export function readValues(bytes: Buffer): readonly Der[] {
  const values: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const value = valueAt(bytes, at);
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** @throws RangeError when there is not exactly one value, with this tag */
export function readOne(bytes: Buffer, tag: number): Der {
  const [value, ...more] = readValues(bytes);
  if (value === undefined || more.length > 0) throw new RangeError('not one value');
  return expectTag(value, tag);
}

/** @throws RangeError when it is missing or has another tag */
export function expectTag(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) throw new RangeError(`no value with tag ${tag.toString(16)}`);
  return value;
}

function valueAt(bytes: Buffer, start: number): Der {
  const tag = bytes.readUInt8(start);
  if ((tag & 0x1f) === 0x1f) throw new RangeError('a tag of more than one byte');
  const first = bytes.readUInt8(start + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first >= 0x80 && (lengthBytes === 0 || lengthBytes > 4))
    throw new RangeError('an indefinite or huge length');
  const contentAt = start + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(start + 2, lengthBytes);
  const end = contentAt + length;
  if (end > bytes.length) throw new RangeError('a value that is cut short');
  return { tag, content: bytes.subarray(contentAt, end), whole: bytes.subarray(start, end) };
}

/** Writes one value. */
export function writeValue(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | significant.length]), significant, content]);
}
