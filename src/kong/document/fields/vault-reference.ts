import type { DocumentNode } from '../text/document-node.js';
import type { Fault, Reading } from './reading.js';

const REFERENCE = /^\{vault:\/\/([^/}]+)\/([^}]*)\}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The text that `{vault://env/my-secret}` stands for: the variable `MY_SECRET`, and with `/key` behind it a member of
 * the JSON object in it. All other text as it is.
 */
export function resolveVault(node: DocumentNode, text: string, reading: Reading): string | Fault {
  if (!text.startsWith('{vault://')) return text;
  const [, vault, rest = ''] = REFERENCE.exec(text) ?? [];
  if (vault !== 'env') {
    return reading.fail(
      node,
      'refers to a vault; there is {vault://env/NAME} alone, a variable of the environment.',
    );
  }
  const [name = '', key, ...more] = rest.split('/');
  const variable = name.replaceAll('-', '_').toUpperCase();
  if (!VARIABLE.test(variable) || more.length > 0) {
    return reading.fail(
      node,
      'refers to the environment in a way that is not understood; write {vault://env/NAME} or {vault://env/NAME/KEY}.',
    );
  }
  const { environment } = reading.scope;
  const value = Object.hasOwn(environment, variable) ? environment[variable] : undefined;
  if (value === undefined) {
    return reading.fail(node, `refers to the environment variable ${variable}, which is not set; set it.`);
  }
  if (key === undefined || key === '') return value;
  const member = jsonMember(value, key);
  return (
    member ??
    reading.fail(
      node,
      `refers to a member of ${variable}, which must hold a JSON object with text at that name.`,
    )
  );
}

function jsonMember(json: string, key: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, key)) return undefined;
    const member = (parsed as Record<string, unknown>)[key];
    return typeof member === 'string' ? member : undefined;
  } catch {
    // The message of JSON.parse quotes the text.
    return undefined;
  }
}
