import { clearable, optional, renamed } from '../fields/field.js';
import { addressRange } from '../fields/name.kinds.js';
import { anyText } from '../fields/text.kinds.js';
import { listOf, whole } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

const RANGES = optional(listOf(addressRange));

export const ipRestrictionSchema = pluginSchema(
  'ip-restriction',
  {},
  {
    allow: RANGES,
    deny: RANGES,
    // Without a default of its own, so decK's dumps hold null: 403.
    status: clearable(whole(100, 599), 403),
    message: optional(anyText),
    whitelist: renamed('allow'),
    blacklist: renamed('deny'),
  },
  ({ allow, deny, status, message }, node, reading) => {
    const isThere = (list: readonly string[] | undefined) => list !== undefined && list.length > 0;
    if (!isThere(allow) && !isThere(deny))
      return reading.fail(node, 'has neither allow nor deny; must have one of them.');
    return {
      allow: isThere(allow) ? allow : undefined,
      deny: isThere(deny) ? deny : undefined,
      status,
      message,
    };
  },
);
