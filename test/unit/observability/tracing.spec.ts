import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/contracts/forwarder.js';
import { GatewayError } from '../../../src/contracts/gateway-error.js';
import { createObservability } from '../../../src/observability/create-observability.js';
import { NO_TELEMETRY, wantedSignals } from '../../../src/observability/telemetry.js';
import { formatTraceparent, readTraceparent } from '../../../src/observability/traceparent.js';
import { exchangeOf, KeptLines, StandingClock, USER_ROUTE } from './exchange.fixture.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE_ID}-${PARENT_ID}-01`;
const TARGET: Target = { id: 'users:3001', host: 'users', port: 3001, tls: false, weight: 1 };

function traced(sampler?: Sampler) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    ...(sampler === undefined ? {} : { sampler }),
  });
  const watched = createObservability(
    { log: { level: 'info', accessLog: 'off' } },
    {
      clock: new StandingClock(),
      sink: new KeptLines().sink,
      telemetry: { ...NO_TELEMETRY, tracerProvider },
    },
  );
  return { ...watched, spans: () => exporter.getFinishedSpans() };
}

describe('tracing', () => {
  it('makes a server span below the client’s and names it by its route', () => {
    const { recorder, spans } = traced();
    const exchange = exchangeOf({
      rawHeaders: ['Host', 'x', 'TraceParent', SAMPLED],
      query: '?token=canary',
    });
    recorder.started(exchange);
    exchange.route = USER_ROUTE;
    exchange.status = 200;
    recorder.finished(exchange);

    const [span] = spans();

    expect(span?.name).toBe('GET /api/users/:id');
    expect(span?.kind).toBe(SpanKind.SERVER);
    expect(span?.spanContext().traceId).toBe(TRACE_ID);
    expect(span?.parentSpanContext?.spanId).toBe(PARENT_ID);
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.path': '/api/users/7',
      'client.address': '203.0.113.9',
      'portcullis.correlation_id': 'id-1',
      'http.route': '/api/users/:id',
      'http.response.status_code': 200,
    });
    expect(exchange.traceparent).toBe(`00-${TRACE_ID}-${span?.spanContext().spanId}-01`);
  });

  it('makes a client span for each attempt and passes that span on to the upstream', () => {
    const { recorder, observer, spans } = traced();
    const exchange = exchangeOf();
    recorder.started(exchange);
    const first = observer.attemptStarted(exchange, 'user-service', TARGET);
    const sentFirst = exchange.traceparent;
    observer.attemptEnded(first, 'user-service', 0, new GatewayError('upstream-reset'));
    const second = observer.attemptStarted(exchange, 'user-service', TARGET);
    const sentSecond = exchange.traceparent;
    observer.attemptEnded(second, 'user-service', 200, undefined);
    exchange.status = 200;
    recorder.finished(exchange);

    const [attempt1, attempt2, server] = spans();

    expect(attempt1?.kind).toBe(SpanKind.CLIENT);
    expect(attempt1?.name).toBe('GET user-service');
    expect(attempt1?.attributes).toMatchObject({ 'server.address': 'users', 'error.type': 'upstream-reset' });
    expect(attempt1?.status.code).toBe(SpanStatusCode.ERROR);
    expect(attempt2?.status.code).toBe(SpanStatusCode.UNSET);
    for (const attempt of [attempt1, attempt2]) {
      expect(attempt?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId);
    }
    expect(sentFirst).toContain(attempt1?.spanContext().spanId);
    expect(sentSecond).toContain(attempt2?.spanContext().spanId);
  });

  it('marks the server span as failed for a 5xx only, with the error’s code and no message', () => {
    const { recorder, spans } = traced();
    for (const code of ['unauthenticated', 'upstream-timeout'] as const) {
      const exchange = exchangeOf();
      recorder.started(exchange);
      exchange.error = new GatewayError(code, { detail: 'canary', cause: new Error('canary') });
      exchange.status = exchange.error.status;
      recorder.finished(exchange);
    }

    const [refused, late] = spans();

    expect(refused?.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(refused?.attributes['error.type']).toBe('unauthenticated');
    expect(late?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(JSON.stringify(spans().map(({ attributes, events }) => [attributes, events]))).not.toContain(
      'canary',
    );
  });

  it('tells the upstream that a trace is not sampled', () => {
    const { recorder, spans } = traced(new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    const exchange = exchangeOf();
    recorder.started(exchange);
    recorder.finished(exchange);

    expect(exchange.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(spans()).toEqual([]);
  });

  it('leaves the client’s traceparent alone when it is not configured', () => {
    const { recorder } = createObservability(
      { log: { level: 'info', accessLog: 'off' } },
      { sink: new KeptLines().sink },
    );
    const exchange = exchangeOf({ rawHeaders: ['traceparent', SAMPLED] });

    recorder.started(exchange);

    expect(exchange.traceparent).toBeUndefined();
  });
});

describe('a traceparent from outside', () => {
  it.each([
    ['two of them', ['traceparent', SAMPLED, 'traceparent', SAMPLED]],
    ['capitals', ['traceparent', SAMPLED.toUpperCase()]],
    ['a zero trace id', ['traceparent', `00-${'0'.repeat(32)}-${PARENT_ID}-01`]],
    ['a zero span id', ['traceparent', `00-${TRACE_ID}-${'0'.repeat(16)}-01`]],
    ['version ff', ['traceparent', SAMPLED.replace('00-', 'ff-')]],
    ['more parts than version 00 has', ['traceparent', `${SAMPLED}-more`]],
    ['white space', ['traceparent', ` ${SAMPLED}`]],
  ])('is no parent with %s', (_what, headers) => {
    expect(readTraceparent(headers)).toBeUndefined();
  });

  it('is read in later versions too, with its state', () => {
    const parent = readTraceparent([
      'Traceparent',
      `01-${TRACE_ID}-${PARENT_ID}-09-more`,
      'TraceState',
      'a=1',
      'tracestate',
      'b=2',
    ]);

    expect(parent).toMatchObject({ traceId: TRACE_ID, spanId: PARENT_ID, traceFlags: 1, isRemote: true });
    expect(parent?.traceState?.serialize()).toBe('a=1,b=2');
  });

  it('never throws and only gives what formats back to itself', () => {
    const digits = (length: number) =>
      fc.bigInt(0n, 16n ** BigInt(length) - 1n).map((value) => value.toString(16).padStart(length, '0'));
    const wellFormed = fc
      .tuple(digits(32), digits(16), fc.constantFrom('00', '01'))
      .map(([traceId, spanId, flags]) => `00-${traceId}-${spanId}-${flags}`);
    fc.assert(
      fc.property(fc.oneof(wellFormed, fc.string()), (value) => {
        const parent = readTraceparent(['traceparent', value]);
        if (parent !== undefined) expect(formatTraceparent(parent)).toBe(value);
      }),
      { seed: 20261105, numRuns: 500 },
    );
  });
});

describe('the standard variables', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

  it.each([
    ['nothing at all', {}, false, false],
    ['an endpoint', endpoint, true, true],
    ['an endpoint for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/v1/traces' }, true, false],
    ['an endpoint for metrics', { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/v1/metrics' }, false, true],
    ['an exporter by name', { OTEL_TRACES_EXPORTER: 'console' }, true, false],
    ['none for traces', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, false, true],
    ['prometheus, which /metrics is', { ...endpoint, OTEL_METRICS_EXPORTER: 'prometheus' }, true, false],
    ['the whole SDK off', { ...endpoint, OTEL_SDK_DISABLED: 'true' }, false, false],
  ])('ask for the right signals with %s', (_what, environment, traces, metrics) => {
    expect(wantedSignals(environment)).toEqual({ traces, metrics });
  });
});
