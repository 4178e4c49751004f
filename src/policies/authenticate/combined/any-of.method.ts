import type { Exchange } from '../../../contracts/exchange.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { oneAfterAnother } from '../credentials/concealed-credential.js';
import { Refusal } from '../refusal.js';

/** Asks methods in order until one accepts the request. */
export class AnyOfMethod implements AuthenticationMethod {
  readonly conceal;

  constructor(private readonly methods: readonly AuthenticationMethod[]) {
    this.conceal = oneAfterAnother(methods.flatMap(({ conceal }) => conceal ?? []));
  }

  authenticate(exchange: Exchange): Outcome | Promise<Outcome> {
    return this.#ask(exchange, 0, new Refused());
  }

  #ask(exchange: Exchange, from: number, refused: Refused): Outcome | Promise<Outcome> {
    for (let i = from; i < this.methods.length; i++) {
      const method = this.methods[i] as AuthenticationMethod;
      // A credential that was shown and is bad is not the same as none.
      if (method.lastResort === true && refused.shown) continue;
      try {
        const outcome = method.authenticate(exchange);
        if (outcome instanceof Promise) {
          return outcome
            .catch((error: unknown) => refused.failed(error))
            .then((settled) => refused.add(settled) ?? this.#ask(exchange, i + 1, refused));
        }
        const accepted = refused.add(outcome);
        if (accepted !== undefined) return accepted;
      } catch (error) {
        refused.failed(error);
      }
    }
    return refused.outcome();
  }
}

/** What the methods that did not accept had to say. */
class Refused {
  readonly #refusals: Refusal[] = [];
  #error: { readonly thrown: unknown } | undefined;

  /** Whether any credential was shown so far. */
  get shown(): boolean {
    return this.#error !== undefined || this.#refusals.some(({ missing }) => !missing);
  }

  /** Whoever was accepted; a refusal is kept. */
  add(outcome: Outcome | undefined): Outcome | undefined {
    if (!(outcome instanceof Refusal)) return outcome;
    this.#refusals.push(outcome);
    return undefined;
  }

  failed(thrown: unknown): undefined {
    this.#error ??= { thrown };
  }

  /** The refusal of the first credential that was shown, with every challenge. @throws what a method threw */
  outcome(): Refusal {
    // Whoever could not be asked might have accepted: that is no 401.
    if (this.#error !== undefined) throw this.#error.thrown;
    const refusals = this.#refusals;
    const first = (refusals.find(({ missing }) => !missing) ?? refusals[0]) as Refusal;
    const challenges = new Set(refusals.flatMap(({ challenges: each }) => each));
    return new Refusal(first.missing, first.detail, [...challenges]);
  }
}
