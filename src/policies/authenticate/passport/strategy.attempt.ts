import type { RegisteredStrategy } from './passport.registry.js';

/** What a strategy decided about one request. */
export type Decision =
  | { readonly kind: 'success'; readonly user: unknown; readonly info: unknown }
  | { readonly kind: 'fail'; readonly challenge: unknown }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'thrown'; readonly error: unknown }
  /** It wants to send the client elsewhere, or lets the next one decide. */
  | { readonly kind: 'redirect' | 'pass' | 'timeout' };

/**
 * Runs a strategy once, as passport does: on an object derived from it that has the five actions.
 *
 * The first action counts and all others are ignored. A promise comes back only when none was called at once.
 */
export function attempt(
  strategy: RegisteredStrategy,
  request: object,
  options: object,
  timeoutMs: number,
): Decision | Promise<Decision> {
  let decided: Decision | undefined;
  let wake: ((decision: Decision) => void) | undefined;
  const decide = (decision: Decision): void => {
    if (decided !== undefined) return;
    decided = decision;
    wake?.(decision);
  };
  const run = Object.assign(Object.create(strategy) as RegisteredStrategy, {
    success: (user: unknown, info: unknown) => decide({ kind: 'success', user, info }),
    fail: (challenge: unknown) =>
      // Passport takes a number alone for the status.
      decide({ kind: 'fail', challenge: typeof challenge === 'number' ? undefined : challenge }),
    error: (error: unknown) => decide({ kind: 'error', error }),
    redirect: () => decide({ kind: 'redirect' }),
    pass: () => decide({ kind: 'pass' }),
  });
  try {
    const running = run.authenticate(request, options);
    // Passport looks at no promise; a strategy that is an async function would end the process when it fails.
    if (running instanceof Promise) running.catch((error: unknown) => decide({ kind: 'thrown', error }));
  } catch (error) {
    decide({ kind: 'thrown', error });
  }
  if (decided !== undefined) return decided;
  return new Promise((resolve) => {
    const timer = setTimeout(() => decide({ kind: 'timeout' }), timeoutMs);
    wake = (decision) => {
      clearTimeout(timer);
      resolve(decision);
    };
  });
}
