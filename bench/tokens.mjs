import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { createWriteStream, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { API_KEY, AUDIENCE, ISSUER, work } from './layout.mjs';

const signAsync = promisify(sign);

export const PUBLIC_KEY = join(work, 'public.pem');
const PRIVATE_KEY = join(work, 'private.pem');
const SUBJECTS = 10_000;
const LIFETIME_S = 30 * 86_400;
const IN_FLIGHT = 64;

/** An RSA key of 2048 bits, kept for the next run so that its tokens stay good. */
export function ensureKeys() {
  if (existsSync(PRIVATE_KEY) && existsSync(PUBLIC_KEY)) return;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(PRIVATE_KEY, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(PUBLIC_KEY, publicKey.export({ type: 'spki', format: 'pem' }));
}

/**
 * A file of that many different tokens, one a line, all of one length, for 10,000 subjects in turn.
 *
 * Signing one costs twenty times what verifying one costs, so files are kept and used again for a day.
 */
export async function ensureTokens(name, count) {
  const file = join(work, `${name}-${count}.tokens`);
  const fresh = existsSync(file) && Date.now() - statSync(file).mtimeMs < 86_400_000;
  if (fresh && statSync(file).mtimeMs > statSync(PRIVATE_KEY).mtimeMs) return file;
  console.log(`Signing ${count} tokens.`);
  const key = createPrivateKey(readFileSync(PRIVATE_KEY));
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({ alg: 'RS256', typ: 'JWT' });
  const exp = Math.floor(Date.now() / 1000) + LIFETIME_S;
  const one = async (index) => {
    const sub = `user-${String(index % SUBJECTS).padStart(8, '0')}`;
    const jti = `${name}-${String(index).padStart(10, '0')}`;
    const signed = `${header}.${part({ iss: ISSUER, aud: AUDIENCE, sub, exp, jti, scope: 'users:read' })}`;
    return `${signed}.${(await signAsync('sha256', Buffer.from(signed), key)).toString('base64url')}\n`;
  };
  const out = createWriteStream(`${file}.part`);
  for (let first = 0; first < count; first += IN_FLIGHT) {
    const size = Math.min(IN_FLIGHT, count - first);
    out.write((await Promise.all(Array.from({ length: size }, (_, i) => one(first + i)))).join(''));
    if (out.writableNeedDrain) await new Promise((resolve) => out.once('drain', resolve));
  }
  await new Promise((resolve) => out.end(resolve));
  renameSync(`${file}.part`, file);
  return file;
}

/** A file with the one API key, as files of tokens are. */
export function ensureApiKey() {
  const file = join(work, 'api-key');
  writeFileSync(file, `${API_KEY}\n`);
  return file;
}

/** The first token of a file. */
export const firstToken = (file) => readFileSync(file, 'utf8').split('\n', 1)[0];
