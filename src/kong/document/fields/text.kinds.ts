import { nearestName } from '../../../contracts/option-check.js';
import { SecretText } from '../../../contracts/secret-text.js';
import type { DocumentReport } from '../document-report.js';
import type { DocumentNode } from '../text/document-node.js';
import type { Kind } from './kind.js';
import { FAULT, type Fault, type Reading, shown } from './reading.js';
import { resolveVault } from './vault-reference.js';

/** What is wrong with a text, in words behind `must be`; `undefined` when it is sound. */
export type TextRule = (text: string) => string | undefined;

/** Text that is not empty and holds to a rule. `{vault://env/…}` is looked up first. */
export function text(allowed = 'text', rule: TextRule = () => undefined): Kind<string> {
  return {
    allowed,
    read(node, reading) {
      const found = stringOf(node, reading, allowed);
      if (found === FAULT) return FAULT;
      if (found === '') return reading.refuse(node, `${allowed}, and not empty`);
      const wanted = rule(found);
      return wanted === undefined ? found : reading.refuse(node, wanted);
    },
  };
}

/** Text that may be empty. */
export const anyText: Kind<string> = {
  allowed: 'text',
  read: (node, reading) => stringOf(node, reading, 'text'),
};

/** Text that is never shown. */
export function secretText(kind: Kind<string> = text()): Kind<SecretText> {
  return {
    allowed: kind.allowed,
    read(node, reading) {
      const found = kind.read(node, reading);
      return found === FAULT ? FAULT : new SecretText(found);
    },
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  const allowed = words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`;
  return {
    allowed,
    read(node, reading) {
      const found = stringOf(node, reading, allowed);
      if (found === FAULT) return FAULT;
      const word = words.find((candidate) => candidate === found);
      if (word !== undefined) return word;
      return reading.fail(
        node,
        `is ${shown(node, reading.secret)}; must be ${allowed}${nearest(found, words, reading.scope.report)}`,
      );
    },
  };
}

/** `; did you mean GET?` or a full stop. */
export function nearest(found: string, words: readonly string[], { full }: DocumentReport): string {
  // The distance takes time that grows with the length, and a file may hold a great many mistakes.
  const near = full || found.length > 100 ? undefined : nearestName(found, words);
  return near === undefined ? '.' : `; did you mean ${near}?`;
}

/** `$SUPABASE_ANON_KEY` alone or behind a sign, `${KEY}`: of files that a script fills in before Kong reads them. */
const UNFILLED = /^\$[A-Z_][A-Z0-9_]*$|(?<![\\$\w])\$([A-Z][A-Z0-9]*_[A-Z0-9_]*|\{[A-Za-z_]\w*\})/;
const UNFILLED_TEXT =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: decK writes it so
  'holds a $NAME that nobody filled in, and counts as it stands, as in Kong; fill the file in first (envsubst), or write ${{ env "DECK_NAME" }} or {vault://env/NAME}.';

function stringOf(node: DocumentNode, reading: Reading, allowed: string): string | Fault {
  if (node.kind !== 'scalar') return reading.refuse(node, allowed);
  // A password of digits alone is a number to YAML, and the environment knows no quotes.
  if (node.fromEnvironment) return node.text;
  if (typeof node.value !== 'string') {
    return reading.refuse(node, `${allowed}: put it in quotes`);
  }
  if (UNFILLED.test(node.value)) reading.warn(node, UNFILLED_TEXT);
  return resolveVault(node, node.value, reading);
}
