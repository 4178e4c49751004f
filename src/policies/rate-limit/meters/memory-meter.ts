import type { Standing } from './limit-meter.js';

/**
 * A meter on cells in this process's memory. It is asked and told without anything in between, so it remembers the cell it
 * was asked about: `fits`, then `take` or nothing.
 */
export interface MemoryMeter {
  /** After `fits` and `take`: how the key stands. The object stays the same. */
  readonly standing: Standing;
  /** After a `fits` that said no: until it would say yes, if nothing more comes. */
  readonly retryMs: number;
  /** Whether the key has so much left. Takes nothing. */
  fits(key: string, cost: number, now: number): boolean;
  /** Takes what `fits` was asked for. */
  take(key: string, cost: number, now: number): void;
  /** Takes what `fits` refused, so that refused hits count too; the standing stays. Windows that end know it, others not. */
  overdraw?(key: string, cost: number, now: number): void;
  /** Lets the key begin anew. */
  reset(key: string): void;
}

/** A standing that its meter writes. */
export interface OwnStanding {
  remaining: number;
  resetMs: number;
}
