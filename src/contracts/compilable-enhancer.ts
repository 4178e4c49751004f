import type { PolicyDeclaration } from './policy.js';

/**
 * An enhancer (guard or interceptor) that can be replaced, on a proxy route, by policy declarations.
 *
 * The compiler asks the instance, never the class, and only when nothing between the instance and the class that
 * owns `portcullisPolicies` overrides an inherited member: a subclass with a `canActivate` or a `getTracker` of its own
 * does something the declarations do not say. It is foreign, and its route is interpreted.
 */
export interface CompilableEnhancer {
  /** What the enhancer stands for. A declaration of the same policy on the route itself wins. */
  portcullisPolicies(): readonly PolicyDeclaration[];
  /** Names of further policies whose declarations on ordinary controllers it carries out; it declares none of them itself. */
  portcullisEnforces?(): readonly string[];
}

/** Whether the enhancer's behaviour is all that its declarations say. */
export function isCompilable(
  enhancer: object,
  method: 'canActivate' | 'intercept',
): enhancer is CompilableEnhancer {
  if (!statesPolicies(enhancer) || !(method in enhancer)) return false;
  for (let holder: object = enhancer; ; holder = Object.getPrototypeOf(holder) as object) {
    if (Object.hasOwn(holder, 'portcullisPolicies')) return true;
    if (overrides(holder)) return false;
  }
}

/** Whether the enhancer, or a class it extends, says what it stands for. */
export function statesPolicies(enhancer: object): enhancer is CompilableEnhancer {
  return typeof (enhancer as Partial<CompilableEnhancer>).portcullisPolicies === 'function';
}

/** Whether a class or an instance replaces something that it would inherit. */
function overrides(holder: object): boolean {
  const inherited = Object.getPrototypeOf(holder) as object;
  return Reflect.ownKeys(holder).some((key) => key !== 'constructor' && key in inherited);
}
