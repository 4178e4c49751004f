import { withDefault } from '../fields/field.js';
import { text } from '../fields/text.kinds.js';
import { ANONYMOUS, HIDE_CREDENTIALS } from './authentication.fields.js';
import { pluginSchema } from './plugin-schema.js';

export const basicAuthSchema = pluginSchema(
  'basic-auth',
  { consumerScope: false },
  { anonymous: ANONYMOUS, hide_credentials: HIDE_CREDENTIALS, realm: withDefault(text(), 'service') },
  ({ anonymous, hide_credentials: hideCredentials, realm }) => ({ anonymous, hideCredentials, realm }),
);
