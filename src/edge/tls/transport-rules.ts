import type { ServerResponse } from 'node:http';
import type { DownstreamLine } from '../../contracts/downstream.js';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { withHeader } from '../../contracts/raw-headers.js';
import { EMPTY_BODY, UpstreamResponse } from '../../contracts/upstream-response.js';
import { misdirection } from './misdirected-request.js';

export interface TransportRulesOptions {
  /** The value of `Strict-Transport-Security`; `undefined` sends none. */
  readonly strictTransport: string | undefined;
  /** Where requests without TLS are sent; `undefined` serves them. The port is asked for when one is sent. */
  readonly redirect: { readonly status: number; readonly port: () => number } | undefined;
}

const STRICT_TRANSPORT = 'Strict-Transport-Security';

/** What holds for a request because of how it came: over TLS or not, and for which host. */
export class TransportRules {
  constructor(readonly options: TransportRulesOptions) {}

  /** The answer or error of a request that must not be served as it came. */
  stop(exchange: Exchange): UpstreamResponse | GatewayError | undefined {
    const { socket } = exchange.req;
    if (isSecure(socket)) return misdirection(socket, exchange.req.headers.host);
    const { redirect } = this.options;
    // What a trusted proxy received over TLS would come back the same way, and for ever.
    if (redirect === undefined || exchange.forwarded?.proto === 'https') return undefined;
    return redirection(exchange, redirect.status, redirect.port());
  }

  /** An answer as it is sent to this client. An upstream's own field says nothing of the gateway, and the first one counts. */
  dress(exchange: Exchange, response: UpstreamResponse): UpstreamResponse {
    const { strictTransport } = this.options;
    if (strictTransport === undefined || !isSecure(exchange.req.socket)) return response;
    const { status, headers, body, upstream } = response;
    return new UpstreamResponse(
      status,
      withHeader(headers, STRICT_TRANSPORT, strictTransport),
      body,
      upstream,
    );
  }

  /** Puts the field on an answer that others write. */
  mark(res: ServerResponse): void {
    const { strictTransport } = this.options;
    if (strictTransport !== undefined && isSecure(res.req.socket))
      res.setHeader(STRICT_TRANSPORT, strictTransport);
  }

  /** The field's line in an answer that is written by hand. */
  line(socket: DownstreamLine): string {
    const { strictTransport } = this.options;
    return strictTransport === undefined || !isSecure(socket)
      ? ''
      : `${STRICT_TRANSPORT}: ${strictTransport}\r\n`;
  }
}

/** The host is the one the client asked: whoever wrote the request is sent nowhere but where he went. */
function redirection(exchange: Exchange, status: number, port: number): UpstreamResponse | GatewayError {
  const { host } = exchange.req.headers;
  if (host === undefined) {
    return new GatewayError('bad-request', {
      detail: 'The request must come over TLS, and names no host to send it to.',
    });
  }
  const name = host.replace(/:\d*$/, '');
  const authority = port === HTTPS ? name : `${name}:${port}`;
  const location = `https://${authority}${exchange.path}${exchange.query}`;
  return new UpstreamResponse(status, ['Location', location], EMPTY_BODY);
}

const HTTPS = 443;

function isSecure(socket: DownstreamLine): boolean {
  return socket.encrypted === true;
}
