import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorFunction,
  HealthIndicatorService,
  MemoryHealthIndicator,
} from '@nestjs/terminus';
import type { UpstreamStatus } from '../contracts/upstream-status.js';
import { acceptsConnections } from './target.probe.js';

const HEAP_BYTES = 1024 * 1024 * 1024;

/** Who is asked, as they stand. */
export interface HealthSubjects {
  readonly upstreams: readonly UpstreamStatus[];
  /** Whether Redis is connected; `undefined` where none is used. */
  readonly redisConnected: boolean | undefined;
}

/** The health details of the admin port: every upstream with its targets and breaker, Redis, and this process's memory. */
@Injectable()
export class HealthDetails {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly memory: MemoryHealthIndicator,
  ) {}

  /** Probes every target once. The result is terminus's own, whether up or down. */
  async check({ upstreams, redisConnected }: HealthSubjects): Promise<HealthCheckResult> {
    const all: HealthIndicatorFunction[] = upstreams.map((status) => () => this.#upstream(status));
    if (redisConnected !== undefined) all.push(() => this.#redis(redisConnected));
    all.push(() => this.memory.checkHeap('memory', HEAP_BYTES));
    try {
      return await this.checks.check(all);
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  #redis(connected: boolean) {
    const indicator = this.indicators.check('redis');
    return connected ? indicator.up() : indicator.down();
  }

  async #upstream(status: UpstreamStatus) {
    const indicator = this.indicators.check(status.name);
    const targets = await Promise.all(
      status.targets.map(async (target) => {
        const { host, port } = addressOf(target.id);
        return { target: target.id, status: (await acceptsConnections(host, port)) ? 'up' : 'down' };
      }),
    );
    const details = { critical: status.critical, breaker: status.breaker?.state ?? 'off', targets };
    const up = status.healthy && targets.some((target) => target.status === 'up');
    return up ? indicator.up(details) : indicator.down(details);
  }
}

function addressOf(id: string): { host: string; port: number } {
  const cut = id.lastIndexOf(':');
  return { host: id.slice(0, cut).replace(/^\[|\]$/g, ''), port: Number(id.slice(cut + 1)) };
}
