import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { TunnelTerms } from '../../contracts/upgrade.js';
import { WEBSOCKET } from './websocket.decorator.js';
import type { WebSocketOptions } from './websocket.options.js';

/** Counts the WebSockets of one route, handshakes under way included. */
export class WebSocketSlots {
  #taken = 0;
  readonly #byCaller = new Map<string, number>();

  /**
   * Takes a place for an exchange.
   *
   * @throws GatewayError `overloaded` when the route has no place left, `rate-limited` when its caller has none
   */
  take(exchange: Exchange, options: Readonly<Required<WebSocketOptions>>): TunnelTerms {
    const { maxConnections, maxConnectionsPerPrincipal, idleMs, maxMessageBytes } = options;
    if (maxConnections > 0 && this.#taken >= maxConnections) {
      throw new GatewayError('overloaded', {
        detail: 'The route has as many WebSockets as it may.',
        policy: WEBSOCKET,
      });
    }
    const caller = maxConnectionsPerPrincipal > 0 ? callerOf(exchange) : undefined;
    const own = caller === undefined ? 0 : (this.#byCaller.get(caller) ?? 0);
    if (caller !== undefined && own >= maxConnectionsPerPrincipal) {
      throw new GatewayError('rate-limited', {
        detail: 'The caller has as many WebSockets as it may.',
        policy: WEBSOCKET,
      });
    }
    this.#taken++;
    if (caller !== undefined) this.#byCaller.set(caller, own + 1);
    return new Place(idleMs, maxMessageBytes, this, caller);
  }

  release(caller: string | undefined): void {
    this.#taken--;
    if (caller === undefined) return;
    const left = (this.#byCaller.get(caller) ?? 1) - 1;
    if (left > 0) this.#byCaller.set(caller, left);
    else this.#byCaller.delete(caller);
  }
}

class Place implements TunnelTerms {
  #taken = true;

  constructor(
    readonly idleMs: number,
    readonly maxMessageBytes: number,
    private readonly slots: WebSocketSlots,
    private readonly caller: string | undefined,
  ) {}

  release(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.slots.release(this.caller);
  }
}

/** A subject and an address are never one caller, whatever a token's issuer writes into it. */
function callerOf({ principal, clientAddress }: Exchange): string {
  const subject = principal?.subject;
  return subject === undefined ? `address ${clientAddress}` : `subject ${subject}`;
}
