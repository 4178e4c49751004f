import { type JsonObject, parseStrictObject } from '../../../contracts/strict-json.js';
import { type CompactJws, parseCompactJws } from '../../../policies/authenticate/jwt/compact-jws.js';
import { JWT_ALGORITHMS } from '../../../policies/authenticate/jwt/jwt-algorithms.js';

/** A token whose form is in order. Nobody has verified it yet. */
export interface OpenedToken {
  readonly jws: CompactJws;
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly algorithm: string;
}

/** What Kong says of a token that cannot be read. */
export const FORM_FAULTS = {
  json: 'Bad token; invalid JSON',
  alg: 'Bad token; invalid alg',
  // Kong passes over extensions; RFC 7515, section 4.1.11 refuses those that are not understood, and none is.
  header: 'Bad token; invalid header',
} as const;
export type FormFault = keyof typeof FORM_FAULTS;

/**
 * Takes a token apart. `typ` is not looked at and `kid` only where it is the key claim, as in Kong; `jwk`, `jku`, `x5u`
 * and `x5c` never are: a token does not choose its own key.
 */
export function openToken(token: string): OpenedToken | FormFault {
  const jws = parseCompactJws(token);
  const header = jws === undefined ? undefined : parseStrictObject(jws.header);
  const claims = jws === undefined ? undefined : parseStrictObject(jws.payload);
  if (jws === undefined || header === undefined || claims === undefined) return 'json';
  const { alg } = header;
  if (typeof alg !== 'string' || !Object.hasOwn(JWT_ALGORITHMS, alg)) return 'alg';
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return 'header';
  return { jws, header, claims, algorithm: alg };
}
