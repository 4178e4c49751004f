import passport from 'passport';
import { JWT } from './jwt.options.js';
import { type BearerRequest, JwtStrategy } from './jwt.strategy.js';
import type { JwtRefusal } from './jwt-refusal.js';
import type { JwtVerifier, KeyWanted } from './jwt-verifier.js';
import type { KnownToken } from './known-token.js';

type Middleware = (request: BearerRequest, response: object, next: (error?: unknown) => void) => void;

/** What verifying a token comes to. */
export type PassportOutcome = KnownToken | JwtRefusal | KeyWanted;

/**
 * Puts a token through passport and gives back what came out.
 *
 * Each method has a passport of its own: the package's shared one would let two gateways in one process, or a team's
 * own strategy named `jwt`, overwrite each other. The request is a carrier of the token, because passport writes its
 * session functions on whatever it is handed, in place of those of a passport the team may run itself.
 */
export class JwtPassport {
  readonly #run: Middleware;
  #outcome: PassportOutcome | undefined;

  constructor(verifier: JwtVerifier) {
    const own = new passport.Passport();
    own.use(JWT, new JwtStrategy(verifier));
    this.#run = own.authenticate(
      JWT,
      { session: false },
      (error: unknown, known: KnownToken | false, refusal: JwtRefusal | KeyWanted) => {
        if (error) throw error;
        this.#outcome = known === false ? refusal : known;
      },
    );
  }

  /** Synchronous all the way, so one field is enough to bring the outcome back. */
  verify(token: string): PassportOutcome {
    this.#outcome = undefined;
    this.#run({ token }, NO_RESPONSE, raise);
    const outcome = this.#outcome as PassportOutcome | undefined;
    if (outcome === undefined) throw new Error('passport neither accepted nor refused the token.');
    return outcome;
  }
}

/** With a callback passport writes no response. */
const NO_RESPONSE = Object.freeze({});

function raise(error?: unknown): void {
  if (error) throw error;
}
