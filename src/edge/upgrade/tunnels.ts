import type { Exchange } from '../../contracts/exchange.js';
import type { GatewayError } from '../../contracts/gateway-error.js';
import type { TunnelTerms, UpgradedConnection } from '../../contracts/upgrade.js';
import type { ClientEnd } from './client-end.js';
import { GOING_AWAY, Tunnel, type TunnelOwner } from './tunnel.js';

/** How often the clocks of all tunnels are looked at: one runs out at most so much late, and never early. */
const SWEEP_MS = 250;
/** The steps in which tunnels are closed over a time. */
const CLOSE_STEP_MS = 50;

/** Told of every tunnel as it opens and when it is over, by its route. */
export interface TunnelObserver {
  opened(route: string): void;
  over(route: string): void;
}

/** Every open tunnel of the gateway, with one timer for the clocks of all. */
export class Tunnels implements TunnelOwner {
  readonly #open = new Map<Tunnel, (error: GatewayError | undefined) => void>();
  #sweep: NodeJS.Timeout | undefined;
  #leaving = false;

  constructor(
    readonly now: () => number,
    private readonly observer: TunnelObserver | undefined,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  /** Joins two connections. `over` is called when both have closed. */
  open(
    exchange: Exchange,
    terms: TunnelTerms,
    client: ClientEnd,
    upstream: UpgradedConnection,
    over: (error: GatewayError | undefined) => void,
  ): void {
    const tunnel = new Tunnel(exchange, terms, client, upstream, this);
    this.#open.set(tunnel, over);
    this.#sweep ??= setInterval(this.#look, SWEEP_MS).unref();
    this.observer?.opened(routeOf(tunnel));
    tunnel.start(client, upstream);
    if (this.#leaving) tunnel.close(GOING_AWAY);
  }

  over(tunnel: Tunnel, error: GatewayError | undefined): void {
    const done = this.#open.get(tunnel);
    this.#open.delete(tunnel);
    if (this.#open.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    }
    this.observer?.over(routeOf(tunnel));
    done?.(error);
  }

  /**
   * Closes every tunnel with 1001, spread over a time so that not all clients come back elsewhere at once. New ones are
   * closed as they open.
   */
  leave(overMs: number): void {
    if (this.#leaving) return;
    this.#leaving = true;
    const leaving = [...this.#open.keys()];
    const step = Math.max(1, Math.ceil((leaving.length * CLOSE_STEP_MS) / Math.max(overMs, CLOSE_STEP_MS)));
    const closeSome = (): void => {
      for (const tunnel of leaving.splice(0, step)) if (this.#open.has(tunnel)) tunnel.close(GOING_AWAY);
      if (leaving.length === 0) clearInterval(steps);
    };
    const steps = setInterval(closeSome, CLOSE_STEP_MS).unref();
    closeSome();
  }

  /** Ends what is left at once. */
  cut(): void {
    for (const tunnel of this.#open.keys()) tunnel.cut();
  }

  readonly #look = (): void => {
    const now = this.now();
    for (const tunnel of this.#open.keys()) tunnel.look(now);
  };
}

function routeOf({ exchange }: Tunnel): string {
  return exchange.route?.path ?? '';
}
