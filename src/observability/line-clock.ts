const MILLISECONDS = Array.from({ length: 1000 }, (_, ms) => String(ms).padStart(3, '0'));

/** Formats time stamps for log lines (ISO 8601, UTC); the part down to the second is kept between lines. */
export class LineClock {
  #second = -1;
  #prefix = '';

  text(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${this.#prefix}${MILLISECONDS[Math.floor(epochMs - second * 1000)]}Z`;
  }
}

/** Milliseconds with three decimals: printing two whole numbers is several times cheaper than one fraction. */
export function decimalMs(ms: number): string {
  const micros = ms > 0 ? Math.round(ms * 1000) : 0;
  const whole = Math.floor(micros / 1000);
  return `${whole}.${MILLISECONDS[micros - whole * 1000]}`;
}
