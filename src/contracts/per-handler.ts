/**
 * Something worked out once for each handler, kept by controller and method:
 * an inherited method is one function in several controllers.
 */
export class PerHandler<T> {
  readonly #known = new WeakMap<object, Map<object, T>>();

  constructor(private readonly make: (handler: object, controller: object) => T) {}

  of(handler: object, controller: object): T {
    let known = this.#known.get(controller);
    if (known === undefined) {
      known = new Map();
      this.#known.set(controller, known);
    }
    if (!known.has(handler)) known.set(handler, this.make(handler, controller));
    return known.get(handler) as T;
  }
}
