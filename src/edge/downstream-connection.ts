import type { Socket } from 'node:net';
import type { Exchange } from '../contracts/exchange.js';
import { GatewayError } from '../contracts/gateway-error.js';

const CONNECTION = Symbol('portcullis.connection');

interface Tracked {
  [CONNECTION]?: DownstreamConnection;
}

/**
 * The exchanges in flight on one client connection, so that one listener per connection
 * (not one per request) tells them that the client left.
 */
export class DownstreamConnection {
  // Almost always one; pipelined requests make more.
  #first: Exchange | undefined;
  #more: Set<Exchange> | undefined;

  private constructor(readonly left: (exchange: Exchange, reason: GatewayError) => void) {}

  /** The tracker of a socket, made at its first use. */
  static of(socket: Socket, left: (exchange: Exchange, reason: GatewayError) => void): DownstreamConnection {
    const holder = socket as Tracked;
    let connection = holder[CONNECTION];
    if (connection === undefined) {
      connection = new DownstreamConnection(left);
      holder[CONNECTION] = connection;
      const opened = connection;
      socket.once('close', () => opened.#closed());
    }
    return connection;
  }

  add(exchange: Exchange): void {
    if (this.#first === undefined) {
      this.#first = exchange;
      return;
    }
    this.#more ??= new Set();
    this.#more.add(exchange);
  }

  remove(exchange: Exchange): void {
    if (this.#first === exchange) this.#first = undefined;
    else this.#more?.delete(exchange);
  }

  #closed(): void {
    const exchanges = [...(this.#first === undefined ? [] : [this.#first]), ...(this.#more ?? [])];
    this.#first = undefined;
    this.#more = undefined;
    for (const exchange of exchanges) this.left(exchange, new GatewayError('client-closed'));
  }
}
