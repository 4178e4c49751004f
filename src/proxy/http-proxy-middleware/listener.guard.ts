import type { EventEmitter } from 'node:events';

type Listener = (...args: unknown[]) => unknown;

/**
 * Makes an emitter report what its later listeners throw, or reject with.
 *
 * A team's hooks run inside events of sockets and streams: unreported, one slip in a hook, such as parsing a body
 * that is not JSON in a `responseInterceptor`, would end the whole process instead of one exchange.
 */
export function guardListeners(
  emitter: EventEmitter,
  report: (error: unknown, args: readonly unknown[]) => void,
): void {
  const add = emitter.on;
  const addGuarded = (event: string | symbol, listener: Listener): EventEmitter =>
    add.call(emitter, event, guarded(listener, listener, report));
  const addGuardedOnce = (event: string | symbol, listener: Listener): EventEmitter => {
    const once = function (this: unknown, ...args: unknown[]): unknown {
      emitter.removeListener(event, wrapper);
      return listener.apply(this, args);
    };
    const wrapper = guarded(once, listener, report);
    return add.call(emitter, event, wrapper);
  };
  Object.assign(emitter, { on: addGuarded, addListener: addGuarded, once: addGuardedOnce });
}

function guarded(
  run: Listener,
  listener: Listener,
  report: (error: unknown, args: readonly unknown[]) => void,
): Listener {
  const wrapper = function (this: unknown, ...args: unknown[]): void {
    try {
      const result = run.apply(this, args);
      if (result instanceof Promise) result.catch((error: unknown) => report(error, args));
    } catch (error) {
      report(error, args);
    }
  };
  // Node looks at this property too when a listener is removed.
  return Object.assign(wrapper, { listener });
}
