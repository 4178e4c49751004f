import { EarlyAnswer } from '../../contracts/early-answer.js';
import type { Exchange } from '../../contracts/exchange.js';
import { headerValue } from '../../contracts/raw-headers.js';
import { EMPTY_BODY, UpstreamResponse } from '../../contracts/upstream-response.js';
import type { KongRoute } from '../kong-configuration.js';
import { KongRefusal } from '../plugins/kong-refusal.js';

/** The field in which a gRPC client looks for its outcome comes last in an answer, and HTTP/1.1 brings it to few. */
const TRAILING_VERSION = '2';

/** Whether a route is one of gRPC; those of HTTP are never both. */
export function isGrpcRoute({ protocols }: KongRoute): boolean {
  return protocols.some((protocol) => protocol.startsWith('grpc'));
}

/**
 * Turns away what is no gRPC call, before any plugin runs: a route of gRPC asks for its content type and for HTTP/2
 * (kong/runloop/handler.lua, access).
 *
 * @throws KongRefusal
 */
export function grpcOnly({ req }: Exchange): void {
  if (headerValue(req.rawHeaders, 'content-type')?.startsWith('application/grpc') !== true) {
    throw new KongRefusal('bad-request', { status: 415, message: 'Non-gRPC request matched gRPC route' });
  }
  const version = req.socket.spoken ?? req.httpVersion;
  if (version.startsWith(TRAILING_VERSION)) return;
  throw new KongRefusal('upgrade-required', {
    status: 426,
    message: 'Please use HTTP2 protocol',
    headers: ['Connection', 'Upgrade', 'Upgrade', 'HTTP/2'],
  });
}

/** What a gRPC client reads that came without TLS to a route that takes nothing else. */
export function grpcsOnly(): EarlyAnswer {
  const fields = ['Content-Type', 'application/grpc', 'grpc-status', '1'];
  fields.push('grpc-message', 'gRPC request matched gRPCs route');
  return new EarlyAnswer(new UpstreamResponse(200, fields, EMPTY_BODY));
}
