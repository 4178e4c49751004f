import type { KeyObject } from 'node:crypto';

/** RFC 7518, sections 3.3 and 3.5. */
const LEAST_BITS = 2048;
/** Verifying costs the square of the length: such a key would be a way to hold the gateway up. */
const MOST_BITS = 8192;
const LEAST_EXPONENT = 3n;

/** What makes an RSA key unfit, to finish "is …"; `undefined` for sound keys, and for keys of other kinds. */
export function rsaFault(key: KeyObject): string | undefined {
  const { modulusLength: bits, publicExponent: exponent } = key.asymmetricKeyDetails ?? {};
  if (bits === undefined) return undefined;
  if (bits < LEAST_BITS) return `an RSA key of ${bits} bits; must be at least ${LEAST_BITS}`;
  if (bits > MOST_BITS) return `an RSA key of ${bits} bits; must be at most ${MOST_BITS}`;
  // With the exponent 1 a signature is the padded hash itself, which anybody can write.
  if (exponent !== undefined && (exponent < LEAST_EXPONENT || exponent % 2n === 0n)) {
    return 'an RSA key whose exponent makes no signature; must be odd, 3 or more';
  }
  return undefined;
}
