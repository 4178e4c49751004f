interface Controller {
  readonly prototype: object;
}

/** The name a controller gives a method. A function's own name is lost where Nest wraps handlers. */
export function methodName(controller: Controller, handler: object): string {
  for (let holder = controller.prototype; holder !== null; holder = Object.getPrototypeOf(holder) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (value === handler) return name;
    }
  }
  return (handler as { readonly name?: string }).name ?? '';
}
