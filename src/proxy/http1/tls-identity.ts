import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { type Clock, systemClock } from '../../contracts/clock.js';
import type { Target } from '../../contracts/forwarder.js';
import type { TlsVersion } from '../../contracts/upstream-definition.js';
import { TlsSessions } from './tls-sessions.js';

const ONLY_HTTP1: readonly string[] = ['http/1.1'];

/** PEM texts; absent they are Node's own authorities, and no certificate of ours. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface TlsIdentityOptions {
  readonly material: TlsMaterial;
  /** Asked for and verified in place of each target's host. */
  readonly serverName: string | undefined;
  readonly minVersion: TlsVersion;
  readonly clock?: Clock;
}

/** One dial: what `tls.connect` takes, and what is to be done with the socket it gives. */
export interface TlsHandshake {
  readonly options: ConnectionOptions;
  settle(socket: TLSSocket): void;
}

/**
 * Who the gateway is towards one upstream's targets and whom it believes, with the sessions that rest on that.
 * Nothing of it is shared with another upstream.
 */
export class TlsIdentity {
  readonly #options: TlsIdentityOptions;
  readonly #clock: Clock;
  #context: SecureContext;
  #sessions: TlsSessions;

  /** @throws Error when the material is unusable */
  constructor(options: TlsIdentityOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#context = contextOf(options.material, options.minVersion);
    this.#sessions = new TlsSessions(this.#clock);
  }

  /**
   * Takes other certificates for connections to come. Sessions go: they were agreed with the old ones.
   *
   * @throws Error when the material is unusable; then nothing changes
   */
  renew(material: TlsMaterial): void {
    this.#context = contextOf(material, this.#options.minVersion);
    this.#sessions = new TlsSessions(this.#clock);
  }

  /** @param protocols offered by ALPN */
  handshake(target: Target, protocols: readonly string[] = ONLY_HTTP1): TlsHandshake {
    // The dot that makes a name absolute is the resolver's business: no certificate has it (RFC 6066, section 3).
    const name = this.#options.serverName ?? withoutDot(target.host);
    const sessions = this.#sessions;
    const key = `${target.host}|${target.port}|${name}|${protocols.join()}`;
    const offered = sessions.find(key);
    return {
      options: {
        secureContext: this.#context,
        rejectUnauthorized: true,
        checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
        ALPNProtocols: [...protocols],
        ...(isIP(name) === 0 ? { servername: name } : {}),
        ...(offered === undefined ? {} : { session: offered }),
      },
      settle: (socket) => sessions.watch(key, socket),
    };
  }
}

const contextOf = (material: TlsMaterial, minVersion: TlsVersion): SecureContext =>
  createSecureContext({ ...material, minVersion });

const withoutDot = (host: string): string => (host.endsWith('.') ? host.slice(0, -1) : host);
