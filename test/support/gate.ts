/** A promise that the test settles itself, so that nobody has to sleep. */
export class Gate<T = void> {
  readonly opened: Promise<T>;
  #open: (value: T) => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(value: T): void {
    this.#open(value);
  }
}
