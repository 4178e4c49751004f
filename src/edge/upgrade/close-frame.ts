import { randomBytes } from 'node:crypto';

/**
 * A Close frame with a code and no reason (RFC 6455, section 5.5.1).
 *
 * @param masked as frames towards a server must be (section 5.3)
 */
export function closeFrame(code: number, masked: boolean): Buffer {
  if (!masked) return Buffer.from([0x88, 2, code >> 8, code & 0xff]);
  const mask = randomBytes(4);
  return Buffer.from([
    0x88,
    0x82,
    ...mask,
    (code >> 8) ^ (mask[0] as number),
    (code & 0xff) ^ (mask[1] as number),
  ]);
}
