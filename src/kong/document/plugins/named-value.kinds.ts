import type { KongNamedValue } from '../../kong-plugins.js';
import type { Kind } from '../fields/kind.js';
import { isHeaderName } from '../fields/name.kinds.js';
import { FAULT, type Fault, type Reading } from '../fields/reading.js';
import { text } from '../fields/text.kinds.js';
import type { DocumentNode } from '../text/document-node.js';

/** Whether a value is sound; tells the reading when it is not. */
export type ValueRule = (value: string, node: DocumentNode, reading: Reading) => boolean;

const plain = text();

/** `name:value`, taken apart at the first colon. In headers the name must be one of a header. */
export function namedValue(inHeaders: boolean, rule: ValueRule = () => true): Kind<KongNamedValue> {
  const allowed = inHeaders ? 'Header-Name:value' : 'name:value';
  return {
    allowed,
    read(node, reading): KongNamedValue | Fault {
      const found = plain.read(node, reading);
      if (found === FAULT) return FAULT;
      const colon = found.indexOf(':');
      const name = found.slice(0, Math.max(colon, 0));
      const value = found.slice(colon + 1);
      // What follows the colon may be a secret that is sent to the upstream.
      if (colon <= 0 || value === '') {
        return reading.fail(
          node,
          `${colon < 0 ? 'has no colon' : 'has nothing before or behind its colon'}; must be ${allowed}.`,
        );
      }
      if (inHeaders && !isHeaderName(name))
        return reading.fail(node, 'does not begin with the name of a header; must be Header-Name:value.');
      if (inHeaders && !isFieldValue(value))
        return reading.fail(
          node,
          'has a value that no header can carry: a line break or a control character.',
        );
      return rule(value, node, reading) ? { name, value } : FAULT;
    },
  };
}

/** `old:new`, two names. */
export function renaming(inHeaders: boolean): Kind<KongNamedValue> {
  return namedValue(inHeaders, (value, node, reading) => {
    const template = value.includes('$(');
    if (template)
      reading.fail(node, 'holds $(…), but a new name is the same for each request; leave it out.');
    else if (inHeaders && !isHeaderName(value)) {
      reading.fail(node, 'does not end with the name of a header; must be Old-Name:New-Name.');
    } else return true;
    return false;
  });
}

/** A name to remove. It is not shown: a value may stand behind it by mistake. */
export function fieldName(inHeaders: boolean): Kind<string> {
  return {
    allowed: inHeaders ? 'the name of a header' : 'a name',
    read(node, reading) {
      const found = plain.read(node, reading);
      if (found === FAULT || !inHeaders || isHeaderName(found)) return found;
      return reading.fail(node, 'is not the name of a header; must be one, without a value.');
    },
  };
}

// RFC 9110, section 5.5.
function isFieldValue(value: string): boolean {
  return !/[\p{Cc}--\t]/v.test(value);
}
