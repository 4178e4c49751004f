import { randomUUID } from 'node:crypto';
import type { DownstreamLine } from '../../contracts/downstream.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { KongCorrelationIdConfig } from '../kong-plugins.js';

/** Makes the id of one request. */
export type CorrelationIdGenerator = (exchange: Exchange) => string;

/** What ids are made of beside the request. */
export interface IdSources {
  readonly uuid: () => string;
  /** Seconds since 1970. */
  readonly seconds: () => number;
  readonly pid: number;
}

const PROCESS: IdSources = {
  uuid: randomUUID,
  seconds: () => Date.now() / 1_000,
  pid: process.pid,
};

/**
 * Kong's three forms of an id.
 *
 * - `uuid`: a new one each time.
 * - `uuid#counter`: one for the process, and the number of the id.
 * - `tracker`: address and port of the gateway, process, number of the connection, number of the id on it, time.
 */
export function correlationIdGenerators(
  sources: IdSources = PROCESS,
): Readonly<Record<KongCorrelationIdConfig['generator'], CorrelationIdGenerator>> {
  const { uuid, seconds, pid } = sources;
  const own = uuid();
  let ids = 0;
  const connections = new Connections();
  return {
    uuid,
    'uuid#counter': () => `${own}#${++ids}`,
    tracker: ({ req }) => {
      const line = req.socket.connection ?? req.socket;
      const { number, uses } = connections.use(line);
      const address = line.localAddress?.replace(/^::ffff:/, '') ?? '';
      return `${address}-${line.localPort ?? ''}-${pid}-${number}-${uses}-${seconds().toFixed(3)}`;
    },
  };
}

/** Numbers connections as they are first seen, and counts what each is used for. */
class Connections {
  readonly #seen = new WeakMap<DownstreamLine, { readonly number: number; uses: number }>();
  #count = 0;

  use(line: DownstreamLine): { readonly number: number; readonly uses: number } {
    let known = this.#seen.get(line);
    if (known === undefined) {
      known = { number: ++this.#count, uses: 0 };
      this.#seen.set(line, known);
    }
    known.uses++;
    return known;
  }
}
