import type { SharedState } from '../../../../contracts/shared-state.js';
import { type LimitMeter, meterId } from '../../meters/limit-meter.js';
import type { LimitRule, Verdict } from '../limit-store.js';
import { COUNT_REFUSED_SCRIPT, DECISION_SCRIPT } from './decision.script.js';

/** What stands before the keys of limits in Redis. */
export const LIMIT_KEY_PREFIX = 'portcullis:limit:';

/** What Redis granted of a rule, and where the key stands then. */
export interface Grant extends Verdict {
  /** Units taken; 0 when refused. */
  readonly granted: number;
}

/** Asks Redis about one rule: one script for each decision, by the server's clock. */
export class RedisLimiter {
  readonly #state: SharedState;
  readonly #script: string;
  readonly #prefix: string;
  readonly #suffixes: readonly string[];
  readonly #meters: readonly (string | number)[];

  constructor(state: SharedState, { bucket, meters, countRefused }: LimitRule) {
    this.#state = state;
    this.#script = countRefused === true ? COUNT_REFUSED_SCRIPT : DECISION_SCRIPT;
    // Escaped, so that no bucket's name can end where another's key begins.
    this.#prefix = `${LIMIT_KEY_PREFIX}{${encodeURIComponent(bucket)}|`;
    this.#suffixes = meters.map((meter) => `}:${meterId(meter)}`);
    this.#meters = meters.flatMap(meterArguments);
  }

  /** One of the keys in Redis, which all stand together. */
  redisKey(key: string): string {
    return `${this.#prefix}${key}${this.#suffixes[0]}`;
  }

  /** Takes as much as there is, the most asked for at most; nothing where that is less than the least asked for. */
  async take(key: string, least: number, most: number): Promise<Grant> {
    const answer = (await this.#state.run(this.#script, this.#keys(key), [
      least,
      most,
      ...this.#meters,
    ])) as number[];
    const [granted, retryMs] = answer as [number, number];
    const standings = [];
    for (let i = 2; i < answer.length; i += 2) {
      standings.push({ remaining: answer[i] as number, resetMs: answer[i + 1] as number });
    }
    return { passed: granted >= 0, granted: Math.max(granted, 0), retryMs, standings };
  }

  async reset(key: string): Promise<void> {
    await this.#state.run(RESET_SCRIPT, this.#keys(key), []);
  }

  /** Bucket and key are one hash tag: in a cluster all meters of a key are one slot. */
  #keys(key: string): string[] {
    const start = `${this.#prefix}${key}`;
    return this.#suffixes.map((suffix) => start + suffix);
  }
}

const RESET_SCRIPT = "return redis.call('DEL', unpack(KEYS))";

function meterArguments({ algorithm, limit, windowMs, calendar, burst }: LimitMeter): (string | number)[] {
  return [algorithm, limit, windowMs, calendar ?? '', burst];
}
