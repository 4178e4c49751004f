import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AcceptFailing, tellFailingAccepts } from '../edge/failing-accepts.js';
import { isLoopbackHost } from './loopback-host.js';

/** One view of the admin port. */
export interface AdminView {
  /** `/metrics` and `/health` are read by machines that hold no token. */
  readonly open: boolean;
  /** What it can be told beside GET. Default: nothing. */
  readonly methods?: readonly string[];
  handle(req: IncomingMessage, res: ServerResponse): void | Promise<void>;
}

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  /** Asked at every request, because it may change. `undefined` is allowed on loopback only; config/ refuses it elsewhere. */
  readonly token: () => string | undefined;
  readonly views: ReadonlyMap<string, AdminView>;
  /** Told of a view that failed; the client reads only that it did. */
  readonly failed: (path: string, cause: unknown) => void;
  /** Told when the system hands connections over no more. */
  readonly acceptFailing: AcceptFailing;
}

/** The admin port: views on a listener of its own, never reachable through the traffic port. */
export class AdminServer {
  readonly #server: Server;

  constructor(private readonly options: AdminOptions) {
    this.#server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 16_384 });
    tellFailingAccepts(this.#server, options.acceptFailing);
    this.#server.on('request', (req, res) => void this.#take(req, res));
  }

  /** The port that was bound: of interest when the configured one is 0. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.options.port;
  }

  listen(): Promise<void> {
    const { host, port } = this.options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = (req.url ?? '/').split('?', 1)[0] as string;
    const view = this.options.views.get(path);
    const token = this.options.token();
    if (view?.open !== true && token === undefined && !isLoopbackHost(req.headers.host)) {
      return refuse(res, 421, 'Without a token the admin port answers to names of this machine only');
    }
    if (view?.open !== true && !isAllowed(req, token)) {
      // The same whether the view exists or not, so that nobody learns which do.
      return refuse(res, 401, 'A bearer token is required', { 'WWW-Authenticate': 'Bearer' });
    }
    if (view === undefined) {
      const views = [...this.options.views.keys()].join(', ');
      return refuse(res, 404, 'No such view', {}, `There are ${views}.`);
    }
    const methods = ['GET', 'HEAD', ...(view.methods ?? [])];
    if (!methods.includes(req.method as string)) {
      return refuse(res, 405, `The view takes ${methods.join(', ')}`, { Allow: methods.join(', ') });
    }
    try {
      await view.handle(req, res);
    } catch (cause) {
      this.options.failed(path, cause);
      if (res.headersSent) res.destroy();
      else refuse(res, 500, 'The view failed');
    }
  }
}

function isAllowed(req: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const wanted = Buffer.from(`Bearer ${token}`);
  const given = Buffer.from(req.headers.authorization ?? '');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** A view that answers with JSON, to whoever holds the token. */
export function jsonView(read: () => unknown): AdminView {
  return {
    open: false,
    async handle(_req, res) {
      answer(res, 200, await read());
    },
  };
}

/** Answers with JSON. */
export function answer(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  res.end(`${JSON.stringify(value, null, 2)}\n`);
}

/** Answers with a problem document (RFC 9457). */
export function refuse(
  res: ServerResponse,
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
  detail?: string,
): void {
  answer(res, status, { title, status, detail }, { 'Content-Type': 'application/problem+json', ...headers });
}
