import { notHere, withDefault } from '../fields/field.js';
import { text } from '../fields/text.kinds.js';
import { textAt } from '../text/document-node.js';
import { ANONYMOUS, HIDE_CREDENTIALS } from './authentication.fields.js';
import { pluginSchema } from './plugin-schema.js';

export const basicAuthSchema = pluginSchema(
  'basic-auth',
  { consumerScope: false },
  {
    anonymous: ANONYMOUS,
    hide_credentials: HIDE_CREDENTIALS,
    realm: withDefault(text(), 'service'),
    brute_force_protection: notHere(
      'is part of Kong Enterprise; rate-limiting slows guesses.',
      (node) => textAt(node, 'strategy') === 'off',
    ),
  },
  ({ anonymous, hide_credentials: hideCredentials, realm }) => ({ anonymous, hideCredentials, realm }),
);
