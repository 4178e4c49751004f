import type { GatewayError } from './gateway-error.js';

/**
 * Tells the work done for one exchange that nobody waits for it any more.
 *
 * An AbortSignal would do the same at several microseconds a request; this is a list of callbacks.
 */
export class Cancellation {
  #reason: GatewayError | undefined;
  // Nearly always there is one listener at a time, the attempt under way; a set is made for a second.
  #first: CancellationListener | undefined;
  #more: Set<CancellationListener> | undefined;

  /** Why, or `undefined` while the exchange is wanted. */
  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  /** Calls every listener once. Later calls do nothing. */
  cancel(reason: GatewayError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const first = this.#first;
    const more = this.#more;
    this.#first = undefined;
    this.#more = undefined;
    first?.(reason);
    if (more !== undefined) for (const listener of more) listener(reason);
  }

  /** Adds a listener; it is called at once when the cancellation already happened. */
  add(listener: CancellationListener): void {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return;
    }
    if (this.#first === undefined || this.#first === listener) {
      this.#first = listener;
      return;
    }
    this.#more ??= new Set();
    this.#more.add(listener);
  }

  remove(listener: CancellationListener): void {
    if (this.#first === listener) this.#first = undefined;
    else this.#more?.delete(listener);
  }
}

export type CancellationListener = (reason: GatewayError) => void;
