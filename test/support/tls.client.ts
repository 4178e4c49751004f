import { once } from 'node:events';
import { request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Answer, Ask } from './gateway.harness.js';

/** How a client makes its connection, and what it sends on it. */
export interface SecureAsk extends Ask {
  /** The name it asks for by SNI, and the one the certificate is checked against. Default: none. */
  readonly host?: string;
  readonly tls?: ConnectionOptions;
}

/** Sends one request over TLS on a connection of its own and reads the whole answer. */
export function askTls(port: number, path: string, ask: SecureAsk = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, host, tls = {} } = ask;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        path,
        method,
        headers: { Host: host ?? '127.0.0.1', ...headers },
        agent: false,
        ...connection(host, tls),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(chunks);
          const text = whole.toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: whole,
            text,
            json: () => JSON.parse(text) as unknown,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Makes a connection and waits until its handshake is done. */
export async function connectTls(
  port: number,
  host?: string,
  tls: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ port, ...connection(host, tls) });
  await once(socket, 'secureConnect');
  return socket;
}

/** The common name of the certificate that a client is shown. */
export async function shownTo(port: number, host?: string, tls: ConnectionOptions = {}): Promise<string> {
  const socket = await connectTls(port, host, { rejectUnauthorized: false, ...tls });
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

function connection(host: string | undefined, tls: ConnectionOptions): ConnectionOptions {
  return { host: '127.0.0.1', servername: host ?? '', ALPNProtocols: ['http/1.1'], ...tls };
}
