import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import { SecretText } from '../contracts/secret-text.js';
import type { IntrospectionSettings } from './gateway-settings.js';
import type { SettingValues } from './settings.table.js';

const TOGETHER = ['INTROSPECTION_URL', 'INTROSPECTION_CLIENT_ID', 'INTROSPECTION_CLIENT_SECRET'] as const;

/** Settles which server is asked about tokens: an address and the gateway's credentials there, or none of it. */
export function resolveIntrospection(
  values: Partial<SettingValues>,
  environment: Environment,
  problems: ConfigProblem[],
): IntrospectionSettings | undefined {
  const missing = TOGETHER.filter((name) => !isGiven(name, environment));
  if (missing.length > 0 && missing.length < TOGETHER.length) {
    const given = TOGETHER.filter((name) => !missing.includes(name)).join(' and ');
    for (const where of missing) problems.push({ where, message: `is missing; ${given} cannot do without.` });
  }
  const { INTROSPECTION_URL: url, INTROSPECTION_CLIENT_ID: clientId } = values;
  const secret = values.INTROSPECTION_CLIENT_SECRET;
  if (url === undefined || clientId === undefined || secret === undefined) return undefined;
  return { url, clientId, clientSecret: new SecretText(secret) };
}

/** What is given and wrong has a problem of its own. */
function isGiven(name: string, environment: Environment): boolean {
  return [name, `${name}_FILE`].some((variable) => (environment[variable] ?? '') !== '');
}
