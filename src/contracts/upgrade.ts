import type { Socket } from 'node:net';
import type { BodyFlow, BodySink, ResponseBody } from './upstream-response.js';
import { FINISHED } from './upstream-response.js';

/** What a route grants to one upgraded connection. */
export interface TunnelTerms {
  /** The longest silence in both directions together; 0 is no limit. */
  readonly idleMs: number;
  /** Longest message, as it stands on the wire; 0 is no limit. */
  readonly maxMessageBytes: number;
  /** The tunnel is over, or never came to be: its place is free again. Further calls do nothing. */
  release(): void;
}

/** The upstream's end of a tunnel: a connection that has switched protocols and belongs to no pool. */
export interface UpgradedConnection {
  readonly socket: Socket;
  /** Starts the flow of bytes, those that came with the 101 first. Whoever takes a chunk owns its memory. */
  read(take: (chunk: Buffer) => void): void;
}

/** Stands as the body of a 101: an upgraded connection, which the edge joins to the client's. */
export class TunnelBody implements ResponseBody {
  readonly length = 0;
  readonly whole: Buffer = Buffer.alloc(0);

  constructor(readonly connection: UpgradedConnection) {}

  /** Whoever takes it for a body gets none. */
  pipe(sink: BodySink): BodyFlow {
    this.discard();
    sink.end();
    return FINISHED;
  }

  discard(): void {
    this.connection.socket.destroy();
  }
}
