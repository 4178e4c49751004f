import type { IncomingHttpHeaders } from 'node:http';
import { parse } from 'node:querystring';
import type { ClientCertificate } from '../../../contracts/client-certificate.js';
import type { DownstreamRequest } from '../../../contracts/downstream.js';
import type { Exchange } from '../../../contracts/exchange.js';

/** What a strategy may know of the connection. */
interface StrategyConnection {
  readonly remoteAddress: string;
  readonly encrypted: boolean;
  /** A certificate was shown and verified. */
  readonly authorized: boolean;
  readonly clientCertificate: ClientCertificate | undefined;
}

/**
 * The request as a strategy reads it: an Express request as far as strategies commonly look. Everything is a copy, so
 * whatever a strategy writes stays here; there is no response, and no session.
 */
export class StrategyRequest {
  readonly method: string;
  /** Path and query, as judged at the edge. */
  readonly url: string;
  readonly originalUrl: string;
  readonly path: string;
  readonly query: NodeJS.Dict<string | string[]>;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly params: Record<string, string>;
  readonly httpVersion: string;
  /** The client's, after trusted proxies were taken away. */
  readonly ip: string;
  readonly protocol: 'http' | 'https';
  readonly secure: boolean;
  readonly hostname: string | undefined;
  readonly connection: StrategyConnection;
  readonly socket: StrategyConnection;
  readonly client: StrategyConnection;
  /** What a body parser made of the body, if one stood in front. */
  readonly body: unknown;

  constructor(exchange: Exchange) {
    const { req, method, path, query, clientAddress, forwarded } = exchange;
    this.method = method;
    this.url = path + query;
    this.originalUrl = this.url;
    this.path = path;
    this.query = parse(query.slice(1));
    this.headers = { ...req.headers };
    this.rawHeaders = [...req.rawHeaders];
    this.params = Object.fromEntries(
      (exchange.route?.paramNames ?? []).map((name, index) => [name, exchange.params[index] as string]),
    );
    this.httpVersion = req.httpVersion;
    this.ip = clientAddress;
    const encrypted = req.socket.encrypted === true;
    this.protocol = (forwarded?.proto ?? (encrypted ? 'https' : 'http')) === 'https' ? 'https' : 'http';
    this.secure = this.protocol === 'https';
    this.hostname = (forwarded?.host ?? req.headers.host)?.replace(/:\d*$/, '');
    this.connection = connectionOf(exchange, encrypted);
    this.socket = this.connection;
    this.client = this.connection;
    this.body = copyOf((req as DownstreamRequest & { readonly body?: unknown }).body);
  }

  /** As Express has it. */
  get(name: string): string | string[] | undefined {
    const lower = name.toLowerCase();
    return this.headers[lower === 'referrer' ? 'referer' : lower];
  }

  header(name: string): string | string[] | undefined {
    return this.get(name);
  }
}

function connectionOf(exchange: Exchange, encrypted: boolean): StrategyConnection {
  const { clientCertificate } = exchange;
  return Object.freeze({
    remoteAddress: exchange.clientAddress,
    encrypted,
    authorized: clientCertificate !== undefined,
    clientCertificate,
  });
}

/** What a parser makes can be copied; a stream or a function cannot, and is none of a strategy's business. */
function copyOf(body: unknown): unknown {
  if (body === undefined) return undefined;
  try {
    return structuredClone(body);
  } catch {
    return undefined;
  }
}
