import type { HeaderEdit } from '../../contracts/header-edit.js';
import type { Consumer } from '../../contracts/principal.js';
import { headerText } from './header-text.js';

/**
 * What the upstream is told of the consumer and its credential, as Kong tells it: what is absent is taken out, also where
 * a plugin before wrote it. Clients cannot send these names on any route (`proxy/request/client-header.rules.ts`), and
 * as edits of the call they can be changed by the plugins that run later.
 *
 * @param credential what the upstream knows the credential by; `undefined` for the anonymous consumer
 */
export function consumerHeaders(consumer: Consumer, credential: string | undefined): readonly HeaderEdit[] {
  return Object.freeze([
    edit('x-consumer-id', consumer.id),
    edit('x-consumer-custom-id', consumer.customId),
    edit('x-consumer-username', consumer.name),
    edit('x-credential-identifier', credential),
    edit('x-anonymous-consumer', credential === undefined ? 'true' : undefined),
  ]);
}

/** The groups of the consumer, which the acl plugin tells; `undefined` where there are none. */
export function groupHeaders(groups: ReadonlySet<string>): readonly HeaderEdit[] {
  return Object.freeze([
    edit('x-consumer-groups', groups.size === 0 ? undefined : [...groups].join(', ')),
    edit('x-authenticated-groups', undefined),
  ]);
}

const edit = (name: string, text: string | undefined): HeaderEdit =>
  text === undefined ? { kind: 'remove', name } : { kind: 'set', name, value: headerText(text) };
