import type { Attributes, Meter } from '@opentelemetry/api';

interface Count {
  readonly attributes: Attributes;
  value: number;
}

/** Counts kept in plain numbers by a text key and read by the SDK when somebody scrapes. */
export class CounterTable {
  readonly #counts = new Map<string, Count>();

  /** `attributesOf` is called once for each new key. */
  constructor(private readonly attributesOf: (key: string) => Attributes) {}

  add(key: string, amount: number): void {
    this.#count(key).value += amount;
  }

  set(key: string, value: number): void {
    this.#count(key).value = value;
  }

  /** Makes the key known, at zero: a series that appears with its first failure cannot be alerted on. */
  touch(key: string): void {
    this.#count(key);
  }

  asCounter(meters: readonly Meter[], name: string, description: string): this {
    for (const meter of meters) this.#observe(meter.createObservableCounter(name, { description }));
    return this;
  }

  asGauge(meters: readonly Meter[], name: string, description: string): this {
    for (const meter of meters) this.#observe(meter.createObservableGauge(name, { description }));
    return this;
  }

  #observe(instrument: ReturnType<Meter['createObservableGauge']>): void {
    instrument.addCallback((result) => {
      for (const count of this.#counts.values()) result.observe(count.value, count.attributes);
    });
  }

  #count(key: string): Count {
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { attributes: Object.freeze(this.attributesOf(key)), value: 0 };
      this.#counts.set(key, count);
    }
    return count;
  }
}
