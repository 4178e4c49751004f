import { declaredPolicies, type PolicyDeclaration } from './policy.js';

/**
 * The declaration of a policy that counts for one handler: the method's own, else the controller's, else that of
 * the nearest class it extends; `undefined` when nobody declared it.
 *
 * @throws TypeError when one class or method declares the policy twice
 */
export function nearestDeclaration(
  policy: string,
  handler: object,
  controller: object,
): PolicyDeclaration | undefined {
  const own = onlyDeclaration(policy, handler);
  if (own !== undefined) return own;
  for (let holder: object | null = controller; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = onlyDeclaration(policy, holder);
    if (found !== undefined) return found;
  }
  return undefined;
}

function onlyDeclaration(policy: string, holder: object): PolicyDeclaration | undefined {
  const found = declaredPolicies(holder).filter((declaration) => declaration.policy === policy);
  if (found.length > 1) {
    const written = found.map((declaration) => declaration.writtenAs).join(' and ');
    throw new TypeError(`${written} both declare ${policy} in one place; keep one.`);
  }
  return found[0];
}
