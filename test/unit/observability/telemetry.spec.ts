import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createObservability } from '../../../src/observability/create-observability.js';
import { NO_TELEMETRY, startTelemetry } from '../../../src/observability/telemetry.js';
import { exchangeOf, KeptLines, USER_ROUTE } from './exchange.fixture.js';

interface Received {
  readonly path: string;
  readonly body: string;
}

describe('telemetry', () => {
  let collector: Server;
  let received: Received[];

  beforeEach(async () => {
    received = [];
    collector = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      req.on('end', () => {
        received.push({ path: req.url ?? '', body });
        res.end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    vi.stubEnv(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    );
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '300');
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    collector.close();
  });

  function recordOne(log: KeptLines) {
    const watched = createObservability(
      { log: { level: 'info', accessLog: 'stdout' } },
      { sink: log.sink, telemetry: startTelemetry() },
    );
    const exchange = exchangeOf({ startedAt: performance.now() });
    watched.recorder.started(exchange);
    exchange.route = USER_ROUTE;
    exchange.status = 200;
    watched.recorder.finished(exchange);
    return watched;
  }

  it('sends spans and metrics to the collector the standard variables name', async () => {
    const watched = recordOne(new KeptLines());

    await watched.shutdown(5000);

    const traces = received.find((request) => request.path === '/v1/traces');
    const metrics = received.find((request) => request.path === '/v1/metrics');
    expect(traces?.body).toContain('"name":"GET /api/users/:id"');
    expect(traces?.body).toContain('{"key":"service.name","value":{"stringValue":"portcullis"}}');
    expect(traces?.body).not.toContain('process.command');
    expect(metrics?.body).toMatch(/"name":"http.server.request.duration".*"count":1,/);
    expect(metrics?.body).toContain('"name":"http.server.active_requests"');
  });

  it('is not held up by a dead collector and says in the log that there is trouble', async () => {
    collector.close();
    collector.closeAllConnections();
    const log = new KeptLines();
    const watched = recordOne(log);

    const before = performance.now();
    await watched.shutdown(3000);

    expect(performance.now() - before).toBeLessThan(8000);
    expect(log.lines.map((line) => line['event'])).toEqual(['request', 'telemetry.trouble']);
  });

  it('starts nothing when the variables say nothing', () => {
    expect(startTelemetry({})).toBe(NO_TELEMETRY);
  });

  it('is one per process until it is shut down', async () => {
    const first = startTelemetry();

    const second = startTelemetry();
    await first.shutdown(1000);
    const third = startTelemetry();
    await third.shutdown(1000);

    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});
