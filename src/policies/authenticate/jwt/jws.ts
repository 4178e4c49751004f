import { parseStrictObject } from '../../../contracts/strict-json.js';
import { type CompactJws, parseCompactJws } from './compact-jws.js';
import { readHeader } from './jwt-header.js';
import type { JwtRefusal } from './jwt-refusal.js';
import type { KeySet } from './key-set.js';
import type { VerificationKey } from './verification-key.js';

/** A token whose form and header are in order. Nobody has verified it yet. */
export interface OpenedJws extends CompactJws {
  readonly algorithm: string;
  readonly keyId: string | undefined;
}

/** Takes a token apart: one compact form, a header that is understood whole. */
export function openJws(token: string): OpenedJws | JwtRefusal {
  const jws = parseCompactJws(token);
  if (jws === undefined) return 'malformed';
  const parsed = parseStrictObject(jws.header);
  if (parsed === undefined) return 'malformed';
  const header = readHeader(parsed);
  if (typeof header === 'string') return header;
  const { payload, signature, signingInput } = jws;
  return {
    header: jws.header,
    payload,
    signature,
    signingInput,
    algorithm: header.algorithm,
    keyId: header.keyId,
  };
}

/** The key of the set that signed the token, or why there is none. */
export function verifyJws(opened: OpenedJws, keys: KeySet): VerificationKey | JwtRefusal {
  const key = keys.find(opened.algorithm, opened.keyId);
  if (typeof key === 'string') return key;
  return key.verifies(opened.algorithm, opened.signingInput, opened.signature) ? key : 'signature';
}
