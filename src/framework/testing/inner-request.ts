import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import type { TestResponse } from './outcome.js';

/** What one request of a test says beyond its method and path. */
export interface InnerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | undefined;
}

/** Both ends of a connection inside the process. */
export interface InnerConnection {
  readonly client: Duplex;
  readonly server: Duplex;
}

/** Makes a connection that never was a socket, from the address given. */
export function innerConnection(clientAddress: string, encrypted: boolean): InnerConnection {
  const [client, server] = duplexPair();
  // A pair passes ends on, and no destruction.
  client.on('close', () => server.destroy());
  server.on('close', () => client.destroy());
  Object.defineProperties(server, {
    remoteAddress: { value: clientAddress },
    localPort: { value: encrypted ? 443 : 80 },
    encrypted: { value: encrypted },
  });
  return { client, server };
}

/** Sends one request on a connection and reads the whole answer. Rejects when it breaks off. */
export function askInside(
  client: Duplex,
  { method, path, headers, body }: InnerRequest,
): Promise<TestResponse> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { method, path, headers: mutable(headers), createConnection: () => client as Socket },
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
    sent.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('A request for a WebSocket needs a real connection: use createTestGateway.'));
    });
    sent.end(body);
  });
}

function mutable(headers: InnerRequest['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}
