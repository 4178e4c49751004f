import type { Exchange } from '../../contracts/exchange.js';
import type { HeaderEdit } from '../../contracts/header-edit.js';
import type { Consumer } from '../../contracts/principal.js';
import type { KongAclConfig } from '../kong-plugins.js';
import { groupHeaders } from './consumer-headers.js';
import type { KongPluginMapping } from './kong-plugin.js';
import { KongRefusal } from './kong-refusal.js';

/** Kong's acl: lets consumers in, or keeps them out, by their groups. */
export const ACL_PLUGIN: KongPluginMapping<'acl'> = {
  name: 'acl',
  priority: 950,
  stage: 'authorization',
  shared: true,
  check: ({ instance: { config } }) =>
    (config.allow === undefined) === (config.deny === undefined)
      ? ['allow and deny: must be one of the two, with group names.']
      : [],
  compile: ({ instance: { config } }) => ({ before: aclStage(config) }),
};

/**
 * `always_use_authenticated_groups` changes nothing: such groups come from plugins of Kong's Enterprise edition, and
 * without them Kong too asks those of the consumer.
 */
function aclStage({ allow, deny, hideGroupsHeader }: KongAclConfig): (exchange: Exchange) => void {
  const listed = new Set(deny ?? allow);
  const denies = deny !== undefined;
  const told = new WeakMap<Consumer, readonly HeaderEdit[]>();

  return (exchange) => {
    const { consumer, credential } = exchange.principal ?? {};
    if (consumer === undefined) throw refusal(401);
    const { groups } = consumer;
    // Whoever is in no group at all may have shown the wrong credential, or none.
    if (!denies && groups.size === 0) throw refusal(credential === undefined ? 401 : 403);
    if (isListed(groups, listed) === denies) throw refusal(403);
    if (hideGroupsHeader) return;
    let edits = told.get(consumer);
    if (edits === undefined) {
      edits = groupHeaders(groups);
      told.set(consumer, edits);
    }
    exchange.call = exchange.call?.withEdits(edits);
  };
}

function isListed(groups: ReadonlySet<string>, listed: ReadonlySet<string>): boolean {
  for (const group of groups) if (listed.has(group)) return true;
  return false;
}

function refusal(status: 401 | 403): KongRefusal {
  return status === 401
    ? new KongRefusal(
        'unauthenticated',
        { status, message: 'Unauthorized' },
        { policy: 'acl', reason: 'consumer-missing' },
      )
    : new KongRefusal(
        'forbidden',
        { status, message: 'You cannot consume this service' },
        { policy: 'acl', reason: 'group' },
      );
}
