import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test needs of the package, which brings no types. */
type ProviderType = new (issuer: string, configuration: object) => { callback(): RequestListener };

const CLIENT = { id: 'depot', secret: 'the-secret-of-the-depot-client' } as const;

/** The audience of every token it issues. */
export const RESOURCE = 'https://orders.test';

/** A private key as the provider takes it. */
export function signingKey(kid: string, algorithm: 'RS256' | 'ES256' = 'RS256'): object {
  const pair: { privateKey: KeyObject } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...pair.privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: algorithm };
}

/** A real OpenID provider on loopback, whose keys can be changed and which can be gone for a while. */
export class IdentityProvider {
  /** The path of every request that reached it. */
  readonly asked: string[] = [];
  #server: Server | undefined;
  #port = 0;

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How often its key set was fetched. */
  get keyFetches(): number {
    return this.asked.filter((path) => path === '/jwks').length;
  }

  /** Begins to answer, on the same port every time; the first key signs. */
  async start(keys: readonly object[]): Promise<void> {
    let answer: RequestListener = (_req, res) => void res.writeHead(503).end();
    const server = createServer((req, res) => {
      this.asked.push((req.url ?? '').split('?')[0] as string);
      answer(req, res);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    answer = await this.#callback(keys);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** A token of the client-credentials grant. */
  async token(scope = 'orders:read'): Promise<string> {
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
        Connection: 'close',
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE, scope }),
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`The provider issued no token: ${answer.status}.`);
    return token;
  }

  async #callback(keys: readonly object[]): Promise<RequestListener> {
    // Neither the package nor anyone else describes its types.
    const { default: Provider } = (await import('oidc-provider' as string)) as { default: ProviderType };
    const algorithm = (keys[0] as { alg: string }).alg;
    const provider = new Provider(this.issuer, {
      jwks: { keys },
      scopes: ['orders:read'],
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: algorithm,
        },
      ],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'orders:read',
            audience: RESOURCE,
            accessTokenTTL: 12 * 3_600,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: algorithm } },
          }),
        },
      },
      ttl: { ClientCredentials: 12 * 3_600 },
    });
    return provider.callback();
  }
}
