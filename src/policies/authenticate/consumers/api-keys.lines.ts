import type { ConfigProblem } from '../../../contracts/config-problem.js';
import type { ApiKeyRecord } from './consumer.list.js';
import { isConsumerId, isDigest, isScope } from './consumer.rules.js';
import { UniqueNames } from './unique-names.js';

/** A key of a line, and the id of the consumer it is for. */
export interface KeyLine {
  readonly consumer: string;
  readonly record: ApiKeyRecord;
}

/** What was read of the lines: the keys that hold, and every mistake. */
export interface ReadLines {
  readonly keys: readonly KeyLine[];
  readonly problems: readonly ConfigProblem[];
}

const SIGNS_OF_ID = 8;

/**
 * Reads API keys in the short form for small services, one on each line: `consumer:sha256:digest`, and after blanks its
 * scopes. A line that begins with `#` is a remark. The id of the key is the consumer's with the digest's first signs.
 */
export function readKeyLines(text: string, source: string, names = new UniqueNames()): ReadLines {
  const keys: KeyLine[] = [];
  const problems: ConfigProblem[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const key = keyOf(trimmed);
    const path = `line ${at + 1}`;
    if (key !== undefined) {
      names.add('digest', key.record.digest, source, path);
      names.add('API key id', key.record.id, source, path);
      keys.push(key);
    } else {
      const message = `${path} must be consumer:sha256:digest, and after blanks its scopes; \`portcullis key create --for env\` prints it.`;
      problems.push({ where: source, message });
    }
  }
  return { keys, problems };
}

function keyOf(line: string): KeyLine | undefined {
  const [credential = '', ...scopes] = line.split(/[ \t]+/);
  // A consumer's id may hold colons itself.
  const cut = credential.lastIndexOf(':sha256:');
  const consumer = credential.slice(0, Math.max(cut, 0));
  const digest = credential.slice(cut + 1);
  if (!isConsumerId(consumer) || !isDigest(digest) || !scopes.every(isScope)) return undefined;
  const hexadecimal = digest.slice('sha256:'.length);
  const id = `${consumer}-${hexadecimal.slice(0, SIGNS_OF_ID)}`;
  const record = {
    id,
    digest: hexadecimal,
    scopes: new Set(scopes),
    notBeforeMs: undefined,
    expiresAtMs: undefined,
  };
  return { consumer, record };
}
