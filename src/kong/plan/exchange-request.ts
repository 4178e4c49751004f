import type { DownstreamLine } from '../../contracts/downstream.js';
import type { Exchange } from '../../contracts/exchange.js';
import { headerValue } from '../../contracts/raw-headers.js';
import type { KongRequest } from '../routing/kong-request.js';

/** Node's own facts of a connection, which no protocol of ours needs otherwise. */
interface Ends {
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly servername?: string | false | null | undefined;
}

/** What the routes of a Kong file are matched against, of one exchange. What few routes ask for is found when one does. */
export class ExchangeRequest implements KongRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly tls: boolean;

  constructor(private readonly exchange: Exchange) {
    const { method, path, req, forwarded } = exchange;
    this.method = method;
    this.path = path;
    this.tls = req.socket.encrypted === true;
    this.secure = forwarded?.proto === undefined ? this.tls : forwarded.proto === 'https';
    const authority = (headerValue(req.rawHeaders, 'host') ?? '').toLowerCase();
    const colon = authority.lastIndexOf(':');
    // The colons of an IPv6 address stand inside brackets.
    const named = colon > authority.lastIndexOf(']');
    this.host = named ? authority.slice(0, colon) : authority;
    this.port = named ? Number(authority.slice(colon + 1)) : this.secure ? 443 : 80;
  }

  get headers(): readonly string[] {
    return this.exchange.req.rawHeaders;
  }

  get clientAddress(): string {
    return this.exchange.clientAddress;
  }

  get sni(): string | undefined {
    return this.#ends.servername || undefined;
  }

  get clientPort(): number | undefined {
    return this.#ends.remotePort;
  }

  get localAddress(): string {
    return plainAddress(this.#ends.localAddress ?? '');
  }

  get localPort(): number | undefined {
    return this.#ends.localPort;
  }

  get #ends(): Ends {
    const { socket } = this.exchange.req;
    return (socket.connection ?? socket) as DownstreamLine & Ends;
  }
}

const MAPPED = '::ffff:';

/** An IPv4 connection to a socket of both families has its address in IPv6's form. */
function plainAddress(address: string): string {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address;
}
