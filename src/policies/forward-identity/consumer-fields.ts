import type { Principal } from '../../contracts/principal.js';
import { claimValue, headerText, UNUSABLE } from './header-value.js';

/** The method of callers that count as a consumer without having shown anything. */
const ANONYMOUS = 'anonymous';

/** What an upstream is told of the consumer and its credential, in the headers that Kong uses for it. */
export function consumerFields({ consumer, credential, method }: Principal): string[] {
  const fields: string[] = [];
  const put = (name: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') fields.push(name, headerText(text));
  };
  put('X-Consumer-ID', consumer?.id);
  put('X-Consumer-Username', consumer?.name);
  put('X-Consumer-Custom-ID', consumer?.customId);
  const groups = claimValue([...(consumer?.groups ?? [])]);
  if (groups !== undefined && groups !== UNUSABLE) fields.push('X-Consumer-Groups', groups);
  put('X-Credential-Identifier', credential);
  if (method === ANONYMOUS) fields.push('X-Anonymous-Consumer', 'true');
  return fields;
}
