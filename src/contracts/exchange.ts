import { Cancellation } from './cancellation.js';
import { type ClientCertificate, clientCertificateOf } from './client-certificate.js';
import type { DownstreamReply, DownstreamRequest } from './downstream.js';
import type { ErrorAnswer } from './error-answer.js';
import type { ForwardCall } from './forward-call.js';
import type { ForwardedOrigin } from './forwarded-origin.js';
import { GatewayError } from './gateway-error.js';
import type { IdentityFields } from './identity-headers.js';
import type { Dress, ResponseStage } from './policy.js';
import type { Principal } from './principal.js';
import type { RawHeaders } from './raw-headers.js';
import type { RouteFacts } from './route-facts.js';
import type { TunnelTerms } from './upgrade.js';
import type { TimeoutOptions } from './upstream-definition.js';
import type { RequestBody } from './upstream-request.js';
import type { UpstreamTerms } from './upstream-terms.js';
import type { UpstreamTry } from './upstream-try.js';

/**
 * One request in flight, as stages, handlers and the recorder see it.
 *
 * The edge makes it at intake and records it at the one exit. All fields are plain, so that
 * an exchange has one hidden class and costs one allocation.
 */
export class Exchange {
  /** The route that matched; `undefined` before the match and for unmatched requests. */
  route: RouteFacts | undefined = undefined;
  /** Values of the route's path parameters, decoded, in the order of `route.paramNames`. A wildcard's is its rest, decoded. */
  params: readonly string[] = NO_PARAMS;
  /** Set by the identity stage. */
  principal: Principal | undefined = undefined;
  /** The upstream request as shaped so far; set when a proxy route matched. */
  call: ForwardCall | undefined = undefined;
  /** What upstreams are told of the principal, after all edits of the call; `undefined` leaves the matter alone. */
  identity: IdentityFields | undefined = undefined;
  /** Fields that stand on whatever answer is sent, errors included: flat name/value pairs. */
  readonly replyHeaders: string[] = [];

  /** Scheme, host and port the client used, as far as a trusted proxy said so. */
  forwarded: ForwardedOrigin | undefined = undefined;

  /** Gives whatever answer is sent the fields that the route owes it; `undefined` where it owes none. */
  dress: Dress | undefined = undefined;

  /** Writes errors in the route's own format; `undefined` where that is a problem document. */
  errorAnswer: ErrorAnswer | undefined = undefined;

  /**
   * Shapes an answer of the gateway's own, refusals included, as the route shapes its upstream's; `undefined` where such
   * answers go out as they are. It runs once.
   */
  shapeOwnAnswer: ResponseStage | undefined = undefined;

  /** What the route wants of its upstream requests; `undefined` where that is the usual. */
  upstreamTerms: UpstreamTerms | undefined = undefined;

  /** Clocks the route sets in place of the upstream's own, each on its own; `undefined` leaves them all. */
  timeouts: TimeoutOptions | undefined = undefined;

  /** What a compiled route threw, on its way through Express to a team's exception filter. */
  thrown: unknown = undefined;

  /** Passes an informational response on to the client; `undefined` where no client is there to hear of one. */
  inform: Inform | undefined = undefined;

  /** The request asks for a WebSocket, and its connection can become one. */
  upgrading = false;
  /** What the route grants to the tunnel; set by the policy that admits WebSockets, and else there will be none. */
  tunnel: TunnelTerms | undefined = undefined;

  /** Express has the request: others may have set headers on its response. */
  handedOver = false;

  /** The exchange was recorded: nothing may change any more. */
  finished = false;

  // What the recorder reads.
  /** The status sent, or 499 when the client left first. 0 until then. */
  status = 0;
  /** Set when the exchange ended with an error, also one the client could no longer be told. */
  error: GatewayError | undefined = undefined;
  /** Request body bytes received. */
  bytesIn = 0;
  /** Response body bytes handed to the client's connection. */
  bytesOut = 0;
  /** Declared name of the last upstream called. */
  upstream: string | undefined = undefined;
  /** Its status, 0 when it gave none. */
  upstreamStatus = 0;
  /** Milliseconds spent waiting for upstream header sections, all attempts together. */
  upstreamMs = 0;
  /** Upstream attempts made. */
  attempts = 0;
  /** The same one by one, where somebody set a list for them; else nobody notes them. */
  tries: UpstreamTry[] | undefined = undefined;

  /** The W3C trace context to pass on while tracing is on, sampled or not; else the client's own passes unchanged. */
  traceparent: string | undefined = undefined;
  /** The recorder's own state (its span); nobody else reads it. */
  recording: unknown = undefined;

  readonly cancellation = new Cancellation();

  /** What is given back when the exchange ends. */
  #owed: (() => void)[] | undefined = undefined;

  constructor(
    readonly req: DownstreamRequest,
    readonly res: DownstreamReply,
    readonly method: string,
    /** The canonical path: what matching, policies, logs and the upstream see. Percent-encoded. */
    readonly path: string,
    /** `''` or the query with its `?`, as received. */
    readonly query: string,
    /** The client's address after trusted proxies were taken away. */
    readonly clientAddress: string,
    /** Adopted from a valid `X-Correlation-ID`, else minted. A transform that writes the header changes it. */
    public correlationId: string,
    /** The monotonic clock at intake, in milliseconds. */
    readonly startedAt: number,
    /** The client's body as it arrives; `undefined` when it sent none. */
    public body: RequestBody,
  ) {}

  /** The client's certificate, verified in the TLS handshake of its connection; `undefined` without one. */
  get clientCertificate(): ClientCertificate | undefined {
    return clientCertificateOf(this.req.socket);
  }

  /** Calls it once the exchange has ended, however it ends. What it throws is recorded as the exchange's error. */
  atEnd(act: () => void): void {
    this.#owed ??= [];
    this.#owed.push(act);
  }

  /** For the edge, at the one exit: the client has its answer, so a failure is only recorded. */
  settle(): void {
    if (this.#owed === undefined) return;
    for (const act of this.#owed) {
      try {
        act();
      } catch (cause) {
        this.error ??= new GatewayError('internal', { cause });
      }
    }
  }

  /** One path parameter by name. */
  param(name: string): string | undefined {
    const index = this.route?.paramNames.indexOf(name) ?? -1;
    return index < 0 ? undefined : this.params[index];
  }
}

/** Takes a 1xx of the upstream's that is neither 100 nor 101, with its end-to-end fields. */
export type Inform = (exchange: Exchange, status: number, headers: RawHeaders) => void;

const NO_PARAMS: readonly string[] = Object.freeze([]);
