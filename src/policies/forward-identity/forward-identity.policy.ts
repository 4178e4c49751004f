import { Inject, Injectable, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../contracts/clock.js';
import { IdentityHeaders } from '../../contracts/identity-headers.js';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import {
  checkForwardIdentity,
  FORWARD_IDENTITY,
  type ForwardIdentityOptions,
  writtenHeaders,
} from './forward-identity.options.js';
import { forwardIdentityStage } from './forward-identity.stage.js';
import { IdentitySigner } from './token/identity.signer.js';
import { InternalTokenMaker } from './token/internal-token.maker.js';

/** Tells upstreams who is calling, and has what clients say of it taken out everywhere. */
@Injectable()
export class ForwardIdentityPolicy implements Policy<ForwardIdentityOptions> {
  readonly name = FORWARD_IDENTITY;
  /** Equal tokens are signed once for all routes. */
  readonly #makers = new Map<string, InternalTokenMaker>();

  constructor(
    private readonly headers: IdentityHeaders,
    private readonly signer: IdentitySigner,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  stage(): StageName {
    return 'shape';
  }

  check(options: ForwardIdentityOptions): readonly string[] {
    return checkForwardIdentity(options, this.signer.configured);
  }

  compile(options: ForwardIdentityOptions): CompiledPolicy {
    for (const name of writtenHeaders(options)) {
      // Clients send their own credentials in it, and a token that is signed cannot be forged there.
      if (name !== 'Authorization') this.headers.claim(name);
    }
    return { before: forwardIdentityStage(options, this.#maker(options)) };
  }

  describe({ consumer = true, subject, scopes, claims = {}, token }: ForwardIdentityOptions): string {
    return [
      ...(consumer ? ['consumer'] : []),
      ...(subject === undefined ? [] : [`subject in ${subject}`]),
      ...(scopes === undefined ? [] : [`scopes in ${scopes}`]),
      ...Object.entries(claims).map(([header, claim]) => `${claim} in ${header}`),
      ...(token === undefined ? [] : [`token for ${[token.audience].flat().join(' or ')}`]),
    ].join(', ');
  }

  #maker({ token }: ForwardIdentityOptions): InternalTokenMaker | undefined {
    if (token === undefined) return undefined;
    const name = JSON.stringify([token.audience, token.lifetimeSeconds, token.claims]);
    let maker = this.#makers.get(name);
    if (maker === undefined) {
      maker = new InternalTokenMaker(this.signer, token, this.clock);
      this.#makers.set(name, maker);
    }
    return maker;
  }
}
