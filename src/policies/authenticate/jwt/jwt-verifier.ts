import type { Clock } from '../../../contracts/clock.js';
import { parseCompactJws } from './compact-jws.js';
import { checkClaims, type VerifiedClaims } from './jwt-claims.js';
import type { JwtConfiguration } from './jwt-configuration.js';
import { checkFor } from './jwt-header.js';
import type { JwtRefusal } from './jwt-refusal.js';
import { type SignatureCheck, signatureCheck } from './jwt-signature.js';
import { parseStrictObject } from './strict-json.js';

/**
 * Decides about one token, in this order: 1. its form, 2. its header, 3. its signature, 4. its payload, 5. its claims.
 * The payload is not even parsed before the signature is good.
 */
export class JwtVerifier {
  readonly #checks: ReadonlyMap<string, SignatureCheck>;

  constructor(
    private readonly configuration: JwtConfiguration,
    private readonly clock: Clock,
  ) {
    this.#checks = new Map(
      configuration.algorithms.map((name) => [name, signatureCheck(name, configuration.key)]),
    );
  }

  verify(token: string): VerifiedClaims | JwtRefusal {
    // 1.
    const jws = parseCompactJws(token);
    if (jws === undefined) return 'malformed';
    // 2.
    const header = parseStrictObject(jws.header);
    if (header === undefined) return 'malformed';
    const check = checkFor(header, this.#checks);
    if (typeof check === 'string') return check;
    // 3.
    if (!check(jws.signingInput, jws.signature)) return 'signature';
    // 4.
    const claims = parseStrictObject(jws.payload);
    if (claims === undefined) return 'payload';
    // 5.
    return checkClaims(claims, this.configuration, this.clock.now());
  }
}
