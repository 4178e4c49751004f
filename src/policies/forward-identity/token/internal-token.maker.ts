import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../../contracts/clock.js';
import type { Principal } from '../../../contracts/principal.js';
import type { IdentitySigner } from './identity.signer.js';
import { INTERNAL_TOKEN_DEFAULTS, type InternalTokenOptions } from './internal-token.options.js';

const SHORTEST_SECONDS = 5;

interface Made {
  readonly token: string;
  readonly keyId: string | undefined;
  readonly freshUntilMs: number;
}

/**
 * Makes the token of a principal for one audience, and gives the same again until a third of its time is left or the key
 * has changed. A principal that is itself remembered, as that of a verified token is, costs one signature a minute;
 * what is kept goes with it.
 */
export class InternalTokenMaker {
  readonly #made = new WeakMap<Principal, Made>();
  readonly #options: Required<InternalTokenOptions>;

  constructor(
    private readonly signer: IdentitySigner,
    options: InternalTokenOptions,
    private readonly clock: Clock = systemClock,
  ) {
    this.#options = { ...INTERNAL_TOKEN_DEFAULTS, ...options };
  }

  tokenOf(principal: Principal): string {
    const now = this.clock.now();
    const known = this.#made.get(principal);
    if (known !== undefined && now < known.freshUntilMs && known.keyId === this.signer.keyId) {
      return known.token;
    }
    const made = this.#make(principal, now);
    this.#made.set(principal, made);
    return made.token;
  }

  #make(principal: Principal, nowMs: number): Made {
    const { audience, lifetimeSeconds, claims: copied } = this.#options;
    const { subject, scopes, consumer, claims } = principal;
    const iat = Math.floor(nowMs / 1_000);
    const until = Math.min(iat + lifetimeSeconds, ownExpiry(principal) ?? Number.POSITIVE_INFINITY);
    // What the clock skew alone let in still has to reach the upstream.
    const exp = Math.max(until, iat + SHORTEST_SECONDS);
    const own = {
      iss: this.signer.issuer,
      sub: subject,
      aud: audience,
      iat,
      exp,
      jti: randomUUID(),
      scope: scopes.size === 0 ? undefined : [...scopes].join(' '),
      consumer: consumer?.id,
    };
    const others = copied.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]);
    const token = this.signer.sign({ ...Object.fromEntries(others), ...own });
    const freshUntilMs = nowMs + ((exp * 1_000 - nowMs) * 2) / 3;
    return { token, keyId: this.signer.keyId, freshUntilMs };
  }
}

/** Until when the caller's own token holds, in whole seconds. */
function ownExpiry({ claims }: Principal): number | undefined {
  const { exp } = claims;
  return typeof exp === 'number' && Number.isFinite(exp) ? Math.floor(exp) : undefined;
}
