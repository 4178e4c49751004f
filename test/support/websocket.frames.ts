import fc from 'fast-check';

export interface FrameParts {
  readonly fin?: boolean;
  readonly opcode?: number;
  readonly payload: Buffer;
  readonly masked?: boolean;
}

/** A frame in bytes (RFC 6455, section 5.2); the mask, where there is one, is 1 2 3 4. */
export function frame({ fin = true, opcode = 2, payload, masked = false }: FrameParts): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, Buffer.from([1, 2, 3, 4]), payload.map((byte, i) => byte ^ ((i % 4) + 1))]);
}

/** Any frame that there can be, fragments and control frames among them. */
export function frameArbitrary(longest: number): fc.Arbitrary<Buffer> {
  const length = fc.oneof(
    fc.nat(130),
    fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536).map((bytes) => Math.min(bytes, longest)),
    fc.nat(longest),
  );
  return fc
    .record({
      fin: fc.boolean(),
      opcode: fc.constantFrom(0, 1, 2, 9, 10),
      bytes: length,
      fill: fc.nat(255),
      masked: fc.boolean(),
    })
    .map(({ fin, opcode, bytes, fill, masked }) =>
      frame({ fin, opcode, masked, payload: Buffer.alloc(opcode > 7 ? bytes % 126 : bytes, fill) }),
    );
}
