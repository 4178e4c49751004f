import { declarationLevels, type PolicyDeclaration } from './policy.js';

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
  for (const level of declarationLevels(handler, controller)) {
    const found = onlyDeclaration(policy, level);
    if (found !== undefined) return found;
  }
  return undefined;
}

function onlyDeclaration(policy: string, level: readonly PolicyDeclaration[]): PolicyDeclaration | undefined {
  const found = level.filter((declaration) => declaration.policy === policy);
  if (found.length > 1) {
    const written = found.map((declaration) => declaration.writtenAs).join(' and ');
    throw new TypeError(`${written} both declare ${policy} in one place; keep one.`);
  }
  return found[0];
}
