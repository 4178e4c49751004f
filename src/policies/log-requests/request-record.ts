import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../contracts/clock.js';
import type { DownstreamLine } from '../../contracts/downstream.js';
import type { Exchange } from '../../contracts/exchange.js';
import { headerValue } from '../../contracts/raw-headers.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { figuresOf } from './exchange-figures.js';
import type { LogRequestsOptions } from './log-requests.options.js';
import { Redaction } from './redaction.js';
import { sentReply } from './sent-reply.js';

/** Makes the record of an ended exchange, as one line of JSON in ASCII. */
export type RecordWriter = (exchange: Exchange) => string;

/** Kong has workspaces; a gateway is one. */
const WORKSPACE = 'default';
const NOT_ASCII = /[^ -~]/g;

/**
 * Makes the writer of a route's records. They have the members that Kong's log plugins give them (`kong.log.serialize`);
 * what does not apply is left out.
 */
export function recordWriter(given: LogRequestsOptions, facts: RouteFacts, clock: Clock): RecordWriter {
  const redaction = new Redaction(given.redact);
  const { id, methods, path, handler, upstream } = facts;
  const requestId = given.requestId ?? ((exchange: Exchange) => exchange.correlationId);
  const route = given.route === 'none' ? undefined : (given.route ?? { id, methods, path, handler });
  const service = given.service ?? (upstream === undefined ? undefined : { name: upstream });
  return (exchange) => {
    const now = clock.monotonic();
    const epochMs = clock.now() - now;
    const { principal, method, status } = exchange;
    const { rawHeaders } = exchange.req;
    const uri = exchange.path + redaction.queryText(exchange.query);
    const reply = sentReply(exchange);
    const figures = figuresOf(exchange, reply, now);
    const consumer = principal?.consumer;
    const record = {
      request: {
        id: requestId(exchange),
        uri,
        url: urlOf(exchange, uri),
        querystring: redaction.parameters(exchange.query),
        method,
        headers: redaction.fields(rawHeaders),
        size: figures.requestBytes,
        tls: tlsOf(exchange),
      },
      upstream_uri: upstreamUriOf(exchange, redaction),
      upstream_status: exchange.upstreamStatus === 0 ? undefined : String(exchange.upstreamStatus),
      response: {
        status,
        headers: redaction.fields(reply.headers),
        size: figures.responseBytes,
      },
      latencies: {
        kong: Math.round(figures.kongMs),
        proxy: figures.upstreamMs === undefined ? -1 : Math.round(figures.upstreamMs),
        request: Math.round(figures.requestMs),
        receive: Math.round(figures.receiveMs),
      },
      tries: triesOf(exchange, epochMs),
      authenticated_entity:
        principal?.credential === undefined
          ? undefined
          : { id: principal.credential, consumer_id: consumer?.id },
      route,
      service,
      consumer: consumer && { id: consumer.id, username: consumer.name, custom_id: consumer.customId },
      client_ip: exchange.clientAddress,
      started_at: Math.round(epochMs + exchange.startedAt),
      source: figures.answered ? 'upstream' : 'kong',
      workspace: WORKSPACE,
      workspace_name: WORKSPACE,
    };
    return JSON.stringify(record).replace(NOT_ASCII, escapeUnit);
  };
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

function urlOf({ req }: Exchange, uri: string): string {
  const { socket } = req;
  const host = (headerValue(req.rawHeaders, 'host') ?? '').replace(/:\d*$/, '');
  const port = (socket.connection ?? socket).localPort ?? socket.localPort;
  return `${socket.encrypted === true ? 'https' : 'http'}://${host}${port === undefined ? '' : `:${port}`}${uri}`;
}

function upstreamUriOf({ call, upstream }: Exchange, redaction: Redaction): string {
  return upstream === undefined || call === undefined ? '' : call.path + redaction.queryText(call.query);
}

function triesOf({ tries }: Exchange, epochMs: number) {
  return tries?.map(({ target, startedAt, status }, i) => ({
    balancer_start: Math.round(epochMs + startedAt),
    // Picking a target takes no millisecond.
    balancer_latency: 0,
    ip: target.host,
    port: target.port,
    ...(i < tries.length - 1 ? { state: 'failed', code: status === 0 ? 502 : status } : {}),
  }));
}

/** What a TLS connection says of itself; a stream of HTTP/2 has one behind it. */
function tlsOf({ req, clientCertificate }: Exchange) {
  const { socket } = req;
  if (socket.encrypted !== true) return undefined;
  const line = (socket.connection ?? socket) as DownstreamLine & Partial<TLSSocket>;
  return {
    version: line.getProtocol?.() ?? undefined,
    cipher: line.getCipher?.()?.name,
    client_verify: clientCertificate === undefined ? 'NONE' : 'SUCCESS',
  };
}
