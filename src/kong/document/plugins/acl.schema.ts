import { notHere, optional, renamed, withDefault } from '../fields/field.js';
import { text } from '../fields/text.kinds.js';
import { listOf, yesNo } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

const GROUPS = optional(listOf(text('the name of a group')));

export const aclSchema = pluginSchema(
  'acl',
  { consumerScope: false },
  {
    allow: GROUPS,
    deny: GROUPS,
    whitelist: renamed('allow'),
    blacklist: renamed('deny'),
    hide_groups_header: withDefault(yesNo, false),
    always_use_authenticated_groups: withDefault(yesNo, false),
    include_consumer_groups: notHere('is part of Kong Enterprise; groups of consumers are acls.'),
  },
  (config, node, reading) => {
    const allow = filled(config.allow);
    const deny = filled(config.deny);
    if ((allow === undefined) === (deny === undefined)) {
      const found = allow === undefined ? 'has neither allow nor deny' : 'has both allow and deny';
      return reading.fail(node, `${found}; must have exactly one of them.`);
    }
    return {
      allow,
      deny,
      hideGroupsHeader: config.hide_groups_header,
      alwaysUseAuthenticatedGroups: config.always_use_authenticated_groups,
    };
  },
);

/** To Kong's rules between fields, an empty list is none. */
function filled(list: readonly string[] | undefined): readonly string[] | undefined {
  return list?.length === 0 ? undefined : list;
}
