import type { GatewayError } from './gateway-error.js';

/**
 * Tells the work done for one exchange that nobody waits for it any more.
 *
 * An AbortSignal would do the same at several microseconds a request; this is a list of callbacks.
 */
export class Cancellation {
  #reason: GatewayError | undefined;
  #listeners: Set<(reason: GatewayError) => void> | undefined;

  /** Why, or `undefined` while the exchange is wanted. */
  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  /** Calls every listener once. Later calls do nothing. */
  cancel(reason: GatewayError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(reason);
  }

  /** Adds a listener; it is called at once when the cancellation already happened. */
  add(listener: (reason: GatewayError) => void): void {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return;
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  remove(listener: (reason: GatewayError) => void): void {
    this.#listeners?.delete(listener);
  }
}
