import { headerText } from './header-text.js';

/**
 * The `WWW-Authenticate` field of a refusal. Kong leaves out the comma between realm and error, without which RFC 9110,
 * section 11.6.1 makes nothing of the second.
 */
export function challenge(scheme: string, realm: string | undefined, error?: string): readonly string[] {
  const parameters: string[] = [];
  if (realm !== undefined) parameters.push(`realm="${quoted(realm)}"`);
  if (error !== undefined) parameters.push(`error="${error}"`);
  const value = parameters.length === 0 ? scheme : `${scheme} ${parameters.join(', ')}`;
  return Object.freeze(['WWW-Authenticate', value]);
}

const quoted = (text: string): string => headerText(text).replace(/["\\]/g, '\\$&');
