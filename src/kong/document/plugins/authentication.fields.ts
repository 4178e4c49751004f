import { notHere, optional, withDefault } from '../fields/field.js';
import type { Kind } from '../fields/kind.js';
import { FAULT } from '../fields/reading.js';
import { text } from '../fields/text.kinds.js';
import { yesNo } from '../fields/value.kinds.js';
import { textAt } from '../text/document-node.js';

const consumer = text('the id or username of a consumer');

/** The id of the consumer that stands in for nobody. */
const anonymousConsumer: Kind<string | undefined> = {
  allowed: consumer.allowed,
  read(node, reading) {
    // Kong's old way to say: nobody.
    if (node.kind === 'scalar' && node.value === '') return undefined;
    const named = consumer.read(node, reading);
    if (named === FAULT) return FAULT;
    const id = reading.scope.consumerId(named);
    return (
      id ??
      reading.fail(node, `names no consumer of the files; must be ${consumer.allowed} that stands in them.`)
    );
  },
};

export const ANONYMOUS = optional(anonymousConsumer);
export const HIDE_CREDENTIALS = withDefault(yesNo, false);
export const RUN_ON_PREFLIGHT = withDefault(yesNo, true);
export const REALM = optional(text());
/** Of Kong's cloud, where identities live outside of the gateway. Its default, in decK's dumps, is the file alone. */
export const IDENTITY_REALMS = notHere(
  'belongs to Kong Konnect; consumers stand in the file. Leave it out.',
  (node) => node.kind === 'list' && node.items.every((realm) => textAt(realm, 'scope') === 'cp'),
);
