import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../contracts/clock.js';

/** More targets than any upstream has; beyond it the session that was agreed longest ago goes. */
const MAX_SESSIONS = 256;
/** A resumed handshake shows no certificate. After this long one must be seen again, expired or withdrawn as it may be. */
const VERIFIED_FOR_MS = 3_600_000;

interface Session {
  readonly bytes: Buffer;
  /** When the certificate behind it was verified. */
  readonly verifiedAt: number;
}

/** TLS sessions to resume, the newest for each target as it was verified; a second connection then costs less. */
export class TlsSessions {
  readonly #sessions = new Map<string, Session>();

  constructor(private readonly clock: Clock) {}

  find(key: string): Buffer | undefined {
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    if (this.clock.monotonic() < session.verifiedAt + VERIFIED_FOR_MS) return session.bytes;
    this.#sessions.delete(key);
    return undefined;
  }

  /** Keeps the sessions a connection is given, and drops the one it offered when no connection comes of it. */
  watch(key: string, socket: TLSSocket): void {
    const offered = this.#sessions.get(key);
    let verifiedAt: number | undefined;
    socket.once('secureConnect', () => {
      verifiedAt = socket.isSessionReused() ? offered?.verifiedAt : this.clock.monotonic();
    });
    socket.on('session', (bytes: Buffer) => {
      // Nothing is kept of a target before it is verified.
      if (verifiedAt !== undefined) this.#keep(key, { bytes, verifiedAt });
    });
    socket.once('error', () => {
      if (verifiedAt === undefined && this.#sessions.get(key) === offered) this.#sessions.delete(key);
    });
  }

  #keep(key: string, session: Session): void {
    // Put in again, it is the youngest.
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }
}
