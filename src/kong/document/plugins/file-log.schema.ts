import { notHere, required, withDefault } from '../fields/field.js';
import { text } from '../fields/text.kinds.js';
import { yesNo } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

export const LUA_FIELDS = notHere(
  'is Lua, which is not run here; a policy in code can write what it likes. Leave it out.',
);
const PATH = 'the path of a file, without .. and without * & % \\ `';

export const fileLogSchema = pluginSchema(
  'file-log',
  {},
  {
    // Kong's own rule, against leaving the folder that was meant.
    path: required(
      text(PATH, (path) => (/^[^*&%\\`]+$/.test(path) && !path.includes('..') ? undefined : PATH)),
    ),
    reopen: withDefault(yesNo, false),
    custom_fields_by_lua: LUA_FIELDS,
  },
  ({ path, reopen }) => ({ path, reopen }),
);
