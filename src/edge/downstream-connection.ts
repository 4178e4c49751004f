import type { DownstreamLine } from '../contracts/downstream.js';
import type { Exchange } from '../contracts/exchange.js';
import { GatewayError } from '../contracts/gateway-error.js';
import type { BodyPace } from './body-pace.js';
import { areSafe, WaitingRequests } from './waiting-requests.js';
import type { WritePace } from './write-pace.js';

const CONNECTION = Symbol('portcullis.connection');

interface Tracked {
  [CONNECTION]?: DownstreamConnection;
}

/** Looks after connections from their first request until they close. */
export interface ConnectionWatcher {
  watch(connection: DownstreamConnection): void;
  forget(connection: DownstreamConnection): void;
}

/**
 * The exchanges in flight on one client's line, so that one listener per connection
 * (not one per request) tells them that the client left.
 */
export class DownstreamConnection {
  /** The exchange whose body may still be coming: always the latest, and kept beyond its answer until the body is over. */
  arriving: Exchange | undefined = undefined;
  // What the sweep remembers from one look to the next.
  bodyPace: BodyPace | undefined = undefined;
  writePace: WritePace | undefined = undefined;
  // Almost always one; pipelined requests make more.
  #first: Exchange | undefined;
  #more: Set<Exchange> | undefined;
  #waiting: WaitingRequests | undefined;

  private constructor(
    readonly socket: DownstreamLine,
    readonly left: (exchange: Exchange, reason: GatewayError) => void,
  ) {}

  /** The tracker of a socket, made at its first use and watched from then on. */
  static of(
    socket: DownstreamLine,
    left: (exchange: Exchange, reason: GatewayError) => void,
    watcher?: ConnectionWatcher,
  ): DownstreamConnection {
    const holder = socket as Tracked;
    let connection = holder[CONNECTION];
    if (connection === undefined) {
      connection = new DownstreamConnection(socket, left);
      holder[CONNECTION] = connection;
      const opened = connection;
      watcher?.watch(opened);
      socket.once('close', () => {
        watcher?.forget(opened);
        opened.#closed();
      });
    }
    return connection;
  }

  /** Whether a line has carried an exchange. */
  static isKnown(socket: DownstreamLine): boolean {
    return (socket as Tracked)[CONNECTION] !== undefined;
  }

  /** Whether an exchange is in flight. */
  get isBusy(): boolean {
    return this.#first !== undefined || (this.#more !== undefined && this.#more.size > 0);
  }

  add(exchange: Exchange): void {
    // A request that follows another comes behind the end of that one's body.
    if (exchange.body !== undefined) this.arriving = exchange;
    else if (this.arriving !== undefined) this.arrived();
    if (this.#first === undefined) {
      this.#first = exchange;
      return;
    }
    this.#more ??= new Set();
    this.#more.add(exchange);
  }

  /** Whether a request that was just added must not be served before the others are answered. */
  get mustWait(): boolean {
    if (this.#more === undefined || this.#more.size === 0) return false;
    return this.#waiting?.isEmpty === false || !areSafe(this.#inFlight());
  }

  /** Keeps a request until those before it are answered. */
  wait(exchange: Exchange, serve: () => void): void {
    this.#waiting ??= new WaitingRequests();
    this.#waiting.add(exchange, serve);
  }

  remove(exchange: Exchange): void {
    if (this.arriving === exchange && exchange.req.complete) this.arrived();
    if (this.#first === exchange) this.#first = undefined;
    else this.#more?.delete(exchange);
  }

  /** Serves what waited for requests that are answered by now. */
  proceed(): void {
    if (this.#waiting?.isEmpty === false) this.#waiting.proceed(this.#inFlight().length);
  }

  #inFlight(): Exchange[] {
    return [...(this.#first === undefined ? [] : [this.#first]), ...(this.#more ?? [])];
  }

  /** No more of a body is expected: an idle connection holds on to nothing of its last request. */
  arrived(): void {
    this.arriving = undefined;
    this.bodyPace = undefined;
  }

  #closed(): void {
    const exchanges = this.#inFlight();
    this.#waiting = undefined;
    this.#first = undefined;
    this.#more = undefined;
    this.arrived();
    for (const exchange of exchanges) this.left(exchange, new GatewayError('client-closed'));
  }
}
