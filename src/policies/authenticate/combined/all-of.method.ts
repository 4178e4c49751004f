import type { Exchange } from '../../../contracts/exchange.js';
import { type Principal, principalOf } from '../../../contracts/principal.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { oneAfterAnother } from '../credentials/concealed-credential.js';
import { Refusal } from '../refusal.js';

/** Asks methods in order and ends at the first that refuses. */
export class AllOfMethod implements AuthenticationMethod {
  readonly conceal;

  constructor(private readonly methods: readonly AuthenticationMethod[]) {
    this.conceal = oneAfterAnother(methods.flatMap(({ conceal }) => conceal ?? []));
  }

  authenticate(exchange: Exchange): Outcome | Promise<Outcome> {
    return this.#ask(exchange, 0, undefined);
  }

  #ask(exchange: Exchange, from: number, before: Principal | undefined): Outcome | Promise<Outcome> {
    let known = before;
    for (let i = from; i < this.methods.length; i++) {
      const outcome = (this.methods[i] as AuthenticationMethod).authenticate(exchange);
      if (outcome instanceof Promise) {
        return outcome.then((settled) =>
          settled instanceof Refusal ? settled : this.#ask(exchange, i + 1, join(known, settled)),
        );
      }
      if (outcome instanceof Refusal) return outcome;
      known = join(known, outcome);
    }
    return known as Principal;
  }
}

function join(first: Principal | undefined, next: Principal): Principal {
  if (first === undefined) return next;
  return first.consumer !== undefined || next.consumer === undefined
    ? first
    : principalOf({ ...first, consumer: next.consumer });
}
