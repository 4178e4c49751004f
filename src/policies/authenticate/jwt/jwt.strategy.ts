import { Strategy } from 'passport-jwt';
import { type JwtVerifier, KeyWanted, type VerifiedToken } from './jwt-verifier.js';
import { KnownToken } from './known-token.js';

type VerifyJwt = (
  token: string,
  key: unknown,
  options: unknown,
  done: (refusal: unknown, verified?: VerifiedToken) => void,
) => void;

/** passport-jwt's class has a static seat for the function that verifies; its types do not mention it. */
const seat = Strategy as unknown as { JwtVerifier: VerifyJwt };

/** What the strategy is handed as its request. */
export interface BearerRequest {
  readonly token: string;
}

/** passport-jwt's strategy with our verifier in place of jsonwebtoken. A failure's challenge is a JwtRefusal or a KeyWanted. */
export class JwtStrategy extends Strategy {
  // Not #private: passport runs a strategy on an object derived from it, which has no private fields.
  protected readonly verifyJwt: VerifyJwt;

  constructor(verifier: JwtVerifier) {
    super(
      {
        jwtFromRequest: (request: BearerRequest) => request.token,
        // The key is bound into the verifier at boot; passport-jwt only insists on asking for one.
        secretOrKeyProvider: (_request: unknown, _token: unknown, done) => done(null, 'bound'),
      },
      (verified: VerifiedToken, done) => done(null, new KnownToken(verified)),
    );
    this.verifyJwt = (token, _key, _options, done) => {
      const outcome = verifier.verify(token);
      if (typeof outcome === 'string' || outcome instanceof KeyWanted) done(outcome);
      else done(null, outcome);
    };
  }

  override authenticate(...request: Parameters<Strategy['authenticate']>): void {
    // passport-jwt looks its verifier up on the package's own class, so ours takes the seat for the length of this
    // call, all of which is synchronous; a team's own passport-jwt strategies never see it.
    const packaged = seat.JwtVerifier;
    seat.JwtVerifier = this.verifyJwt;
    try {
      super.authenticate(...request);
    } finally {
      seat.JwtVerifier = packaged;
    }
  }
}
