import type { Server as HttpServer } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { TlsSettings } from '../config/gateway-settings.js';
import type { ServerCertificates } from '../contracts/server-certificate.js';
import { askResponder } from '../edge/tls/ocsp/ask-responder.js';
import { OcspStapler } from '../edge/tls/ocsp/ocsp.stapler.js';
import { TlsListener } from '../edge/tls/tls.listener.js';
import type { Observability } from '../observability/create-observability.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import { WatchedCertificates } from './server-certificates.js';

export interface TlsFrontOptions {
  readonly settings: TlsSettings;
  readonly http: HttpServer;
  /** Takes connections that agreed on HTTP/2; `undefined`: it is not offered. */
  readonly acceptHttp2: ((socket: TLSSocket) => void) | undefined;
  readonly observability: Observability;
  readonly now: () => number;
}

/** How long start, and a new certificate, wait for the issuer's word: a client may take none without it. */
const STAPLE_AT_START_MS = 2_000;
const STAPLE_AT_CHANGE_MS = 250;

/** The TLS port of a gateway: its listener, the files of its certificates, and what their issuers say of them. */
export class TlsFront {
  readonly listener: TlsListener;
  readonly #certificates: WatchedCertificates;
  readonly #stapler: OcspStapler | undefined;
  #latest: ServerCertificates;

  constructor({ settings, http, acceptHttp2, observability, now }: TlsFrontOptions) {
    this.listener = new TlsListener({
      ...settings,
      http,
      acceptHttp2,
      now,
      failed: (reason) => observability.connections.handshakeFailed(reason),
    });
    this.#certificates = new WatchedCertificates({
      settings,
      events: observability.events,
      renew: (certificates) => this.#renew(certificates),
    });
    this.#stapler = stapler(settings, observability.events);
    if (this.#stapler !== undefined) this.listener.staple(this.#stapler.stapleOf);
    this.#latest = settings.certificates;
  }

  get listening(): boolean {
    return this.listener.listening;
  }

  get port(): number | undefined {
    return this.listener.port;
  }

  async listen(port: number, host: string): Promise<void> {
    await this.#stapler?.follow(this.#latest, STAPLE_AT_START_MS);
    await this.listener.listen(port, host);
    this.#certificates.start();
  }

  /** Takes no more connections; resolves when the last one is over. */
  close(): Promise<void> {
    this.#certificates.stop();
    this.#stapler?.stop();
    return this.listener.close();
  }

  #renew(certificates: ServerCertificates): void {
    if (this.#stapler === undefined) return this.listener.renew(certificates);
    this.#latest = certificates;
    void this.#stapler.follow(certificates, STAPLE_AT_CHANGE_MS).then(() => {
      // Others may have come while it waited.
      if (this.#latest === certificates) this.listener.renew(certificates);
    });
  }
}

function stapler({ ocsp }: TlsSettings, events: EventLog): OcspStapler | undefined {
  if (ocsp === 'off') return undefined;
  return new OcspStapler({
    which: ocsp === 'on' ? 'all' : 'must',
    ask: askResponder,
    nowMs: Date.now,
    failed: (source, reason) => events.warn(EVENTS.stapleFailed, { source, reason }),
  });
}
