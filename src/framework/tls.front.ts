import type { Server as HttpServer } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { TlsSettings } from '../config/gateway-settings.js';
import { TlsListener } from '../edge/tls/tls.listener.js';
import type { Observability } from '../observability/create-observability.js';
import { WatchedCertificates } from './server-certificates.js';

export interface TlsFrontOptions {
  readonly settings: TlsSettings;
  readonly http: HttpServer;
  /** Takes connections that agreed on HTTP/2; `undefined`: it is not offered. */
  readonly acceptHttp2: ((socket: TLSSocket) => void) | undefined;
  readonly observability: Observability;
  readonly now: () => number;
}

/** The TLS port of a gateway: its listener and the files of its certificates. */
export class TlsFront {
  readonly listener: TlsListener;
  readonly #certificates: WatchedCertificates;

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
      renew: (certificates) => this.listener.renew(certificates),
    });
  }

  get listening(): boolean {
    return this.listener.listening;
  }

  get port(): number | undefined {
    return this.listener.port;
  }

  async listen(port: number, host: string): Promise<void> {
    await this.listener.listen(port, host);
    this.#certificates.start();
  }

  /** Takes no more connections; resolves when the last one is over. */
  close(): Promise<void> {
    this.#certificates.stop();
    return this.listener.close();
  }
}
