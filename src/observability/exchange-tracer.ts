import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Exchange } from '../contracts/exchange.js';
import type { Target } from '../contracts/forwarder.js';
import type { GatewayError } from '../contracts/gateway-error.js';
import { methodIndex, methodName } from './method-index.js';
import { formatTraceparent, readTraceparent } from './traceparent.js';

/** The server span of an exchange, as it waits in `exchange.recording`. */
export interface ServerSpan {
  readonly span: Span;
  readonly context: Context;
}

/** Makes the spans: one server span per exchange, below it one client span per attempt. */
export class ExchangeTracer {
  constructor(private readonly tracer: Tracer) {}

  started(exchange: Exchange): ServerSpan {
    const parent = readTraceparent(exchange.req.rawHeaders);
    const outer = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const method = methodName(methodIndex(exchange.method));
    const span = this.tracer.startSpan(
      method === '_OTHER' ? 'HTTP' : method,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          ...(method === '_OTHER' ? { 'http.request.method_original': exchange.method } : {}),
          'url.path': exchange.path,
          'client.address': exchange.clientAddress,
          'portcullis.correlation_id': exchange.correlationId,
        },
      },
      outer,
    );
    exchange.traceparent = formatTraceparent(span.spanContext());
    return { span, context: trace.setSpan(outer, span) };
  }

  finished(exchange: Exchange, server: ServerSpan): void {
    const { span } = server;
    if (span.isRecording()) {
      if (exchange.route !== undefined) {
        span.updateName(`${methodName(methodIndex(exchange.method))} ${exchange.route.path}`);
        span.setAttribute('http.route', exchange.route.path);
      }
      // A transform may have changed it since the start.
      span.setAttribute('portcullis.correlation_id', exchange.correlationId);
      settle(span, exchange.status, exchange.error, exchange.status >= 500);
    }
    span.end();
  }

  attemptStarted(exchange: Exchange, server: ServerSpan, upstream: string, target: Target): Span {
    const method = methodName(methodIndex(exchange.call?.method ?? exchange.method));
    const span = this.tracer.startSpan(
      `${method} ${upstream}`,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': method,
          'server.address': target.host,
          'server.port': target.port,
          'portcullis.upstream': upstream,
        },
      },
      server.context,
    );
    exchange.traceparent = formatTraceparent(span.spanContext());
    return span;
  }

  attemptEnded(span: Span, status: number, error: GatewayError | undefined): void {
    if (span.isRecording()) settle(span, status, error, status >= 400 || error !== undefined);
    span.end();
  }
}

/** Status codes and error types only: messages and causes may name addresses and hold what clients sent. */
function settle(span: Span, status: number, error: GatewayError | undefined, failed: boolean): void {
  const attributes: Attributes = {};
  if (status > 0) attributes['http.response.status_code'] = status;
  const errorType = error?.code ?? (failed ? String(status) : undefined);
  if (errorType !== undefined) attributes['error.type'] = errorType;
  span.setAttributes(attributes);
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
}
