import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';

/** The process's own vital signs, read when somebody scrapes. */
export class RuntimeMetrics {
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 20 });
  #lastUtilization = performance.eventLoopUtilization();

  constructor(meter: Meter, droppedLogLines: () => number) {
    this.#loopDelay.enable();
    gauge(meter, 'v8js.memory.heap.used', 'Used heap.', 'By', () => process.memoryUsage().heapUsed);
    gauge(meter, 'process.memory.usage', 'Resident memory.', 'By', () => process.memoryUsage.rss());
    gauge(meter, 'process.uptime', 'Time since the process started.', 's', () => process.uptime());
    gauge(meter, 'nodejs.eventloop.delay.p99', 'Delay of the event loop since the last look.', 's', () => {
      const seconds = this.#loopDelay.percentile(99) / 1e9;
      this.#loopDelay.reset();
      return seconds;
    });
    gauge(meter, 'nodejs.eventloop.utilization', 'Share of time the event loop was busy.', '1', () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, this.#lastUtilization);
      this.#lastUtilization = now;
      return utilization;
    });
    meter
      .createObservableCounter('process.cpu.time', { description: 'CPU time used.', unit: 's' })
      .addCallback((result) => {
        const usage = process.cpuUsage();
        result.observe(usage.user / 1e6, { 'cpu.mode': 'user' });
        result.observe(usage.system / 1e6, { 'cpu.mode': 'system' });
      });
    meter
      .createObservableCounter('portcullis.log.dropped_lines', {
        description: 'Log lines given up because the log was slow or full.',
      })
      .addCallback((result) => result.observe(droppedLogLines()));
  }

  stop(): void {
    this.#loopDelay.disable();
  }
}

function gauge(meter: Meter, name: string, description: string, unit: string, read: () => number): void {
  meter.createObservableGauge(name, { description, unit }).addCallback((result) => result.observe(read()));
}
