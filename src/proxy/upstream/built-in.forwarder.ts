import type { Clock } from '../../contracts/clock.js';
import type { Forwarder } from '../../contracts/forwarder.js';
import type { AddressBook } from '../../targets/address-book.js';
import { connectTo } from '../http1/connect-tls.js';
import { Http1Forwarder } from '../http1/http1.forwarder.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import type { TlsIdentity } from '../http1/tls-identity.js';
import { dialTo, HTTP2_OR_HTTP1 } from '../http2/dial.js';
import { Http2Forwarder } from '../http2/http2.forwarder.js';
import { NegotiatingForwarder } from '../http2/negotiating.forwarder.js';
import type { UpstreamSettings } from './upstream.settings.js';

export interface BuiltInForwarderParts {
  readonly limits: ResponseLimits;
  readonly names: AddressBook;
  /** Towards targets that ask for TLS. */
  readonly identity: TlsIdentity | undefined;
  readonly clock?: Clock;
  /** 0–1, for the spread of connection ages. */
  readonly random?: () => number;
}

/** The gateway's own client for an upstream, in the protocol it is declared with. */
export function builtInForwarder(settings: UpstreamSettings, parts: BuiltInForwarderParts): Forwarder {
  const { protocol, pool, targets } = settings;
  const { names, identity } = parts;
  const http1 = (): Forwarder => new Http1Forwarder({ ...parts, pool, connect: connectTo(names, identity) });
  const http2 = (offered?: readonly string[]): Forwarder =>
    new Http2Forwarder({ ...parts, pool, dial: dialTo(names, identity, offered) });
  switch (protocol) {
    case 'http1':
      return http1();
    case 'http2':
      return http2();
    case 'auto':
      // Without TLS there is nothing to negotiate.
      return targets.some(({ tls }) => tls)
        ? new NegotiatingForwarder(http1(), http2(HTTP2_OR_HTTP1), parts.clock)
        : http1();
  }
}
