import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto';

/** What working out one hash costs: N = 2^ln, block size, parallelization (RFC 7914). */
export interface ScryptCost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** A hash of the form `$scrypt$ln=15,r=8,p=3$salt$hash`, taken apart. */
export interface PasswordHash {
  readonly cost: ScryptCost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** What new hashes cost: 32 MiB and about a quarter of a second of one core. */
export const SCRYPT_COST: ScryptCost = Object.freeze({ ln: 15, r: 8, p: 3 });

/** Less is guessed too fast once a list is stolen; more lets one login hold the gateway up. */
export const SCRYPT_BOUNDS = {
  leastWork: 2 ** 14 * 8,
  mostWork: 2 ** 17 * 8 * 2,
  mostMemoryBytes: 128 * 1024 * 1024,
} as const;

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const FORM =
  /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d{0,2}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The parts of a hash in the PHC string format, or what is wrong with it, in words that name nothing of it. */
export function parsePasswordHash(text: string): PasswordHash | string {
  const [, ln, r, p, saltText, hashText] = FORM.exec(text) ?? [];
  if (saltText === undefined || hashText === undefined) {
    return 'is no scrypt hash; must have the form $scrypt$ln=15,r=8,p=3$salt$hash, as `portcullis password hash` prints it.';
  }
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const work = workOf(cost);
  const { leastWork, mostWork, mostMemoryBytes } = SCRYPT_BOUNDS;
  if (work < leastWork) return 'costs too little to guess; must be at least ln=14,r=8,p=1.';
  if (work > mostWork || memoryOf(cost) > mostMemoryBytes) {
    return 'costs too much to check; must be at most 128 MiB and twice the work of ln=17,r=8,p=1.';
  }
  const salt = decode(saltText);
  const hash = decode(hashText);
  if (salt === undefined || salt.length < 8 || salt.length > 64) {
    return 'has a salt that is not 8–64 bytes of base64 without padding.';
  }
  if (hash === undefined || hash.length < 16 || hash.length > 64) {
    return 'has a hash that is not 16–64 bytes of base64 without padding.';
  }
  return { cost, salt, hash };
}

/** A new hash of a password. The same password never gives the same twice. */
export async function hashPassword(password: string, cost: ScryptCost = SCRYPT_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await deriveHash(password.normalize('NFC'), salt, HASH_BYTES, cost);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(hash)}`;
}

/** scrypt on a thread of libuv: the event loop goes on. */
export function deriveHash(
  password: string,
  salt: Buffer,
  bytes: number,
  { ln, r, p }: ScryptCost,
): Promise<Buffer> {
  // Node counts a little beside 128·N·r; what bounds it is checked where hashes are read.
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 2 * SCRYPT_BOUNDS.mostMemoryBytes };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

const workOf = ({ ln, r, p }: ScryptCost): number => 2 ** ln * r * p;
const memoryOf = ({ ln, r }: ScryptCost): number => 128 * 2 ** ln * r;

/** PHC strings carry base64 without padding. */
const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return encode(bytes) === text ? bytes : undefined;
}
