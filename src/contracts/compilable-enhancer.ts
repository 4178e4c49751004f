import type { PolicyDeclaration } from './policy.js';

/**
 * An enhancer (guard or interceptor) that can be replaced, on a proxy route, by policy declarations.
 *
 * The compiler asks the instance, never the class, and only when the class that owns `canActivate` or `intercept`
 * also owns `portcullisPolicies`: a subclass that overrides the one and inherits the other is foreign, and its
 * route is interpreted.
 */
export interface CompilableEnhancer {
  /** What the enhancer stands for. A declaration of the same policy on the route itself wins. */
  portcullisPolicies(): readonly PolicyDeclaration[];
}

/** Whether the class that owns `method` is also the one that says what it stands for. */
export function isCompilable(
  enhancer: object,
  method: 'canActivate' | 'intercept',
): enhancer is CompilableEnhancer {
  const owner = ownerOf(enhancer, method);
  return owner !== undefined && Object.hasOwn(owner, 'portcullisPolicies');
}

function ownerOf(enhancer: object, method: string): object | undefined {
  for (let holder: object | null = enhancer; holder !== null; holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, method)) return holder;
  }
  return undefined;
}
