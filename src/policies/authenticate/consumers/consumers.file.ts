import type { ConfigProblem } from '../../../contracts/config-problem.js';
import { parseStrictObject } from '../../../contracts/strict-json.js';
import type { ConsumerEntry } from './consumer.list.js';
import { ConsumerReader } from './consumer.reader.js';
import type { UniqueNames } from './unique-names.js';

/** What was read of a source of consumers: those that hold, and every mistake. */
export interface ReadConsumers {
  readonly entries: readonly ConsumerEntry[];
  readonly problems: readonly ConfigProblem[];
}

/** Some 30,000 consumers with a key each. */
export const CONSUMERS_FILE_LIMIT_BYTES = 8 * 1024 * 1024;

/** Reads the text of a consumers file: `{ "consumers": [ … ] }`. */
export function readConsumersFile(text: string, source: string, names?: UniqueNames): ReadConsumers {
  const bytes = Buffer.from(text);
  if (bytes.length > CONSUMERS_FILE_LIMIT_BYTES) {
    return refused(source, `is ${bytes.length} bytes long; ${CONSUMERS_FILE_LIMIT_BYTES} is the most.`);
  }
  const document = parseStrictObject(bytes);
  if (document === undefined) return refused(source, faultOf(text));
  const reader = new ConsumerReader(source, names);
  const root = reader.members<{ readonly consumers: unknown }>(document, 'the document', ROOT, ['consumers']);
  const entries = root === undefined ? [] : reader.list(root.consumers, 'consumers');
  return { entries, problems: reader.problems };
}

const ROOT = {
  consumers: (value: unknown) => (Array.isArray(value) ? undefined : 'a list of consumers'),
} as const;

function refused(where: string, message: string): ReadConsumers {
  return { entries: [], problems: [{ where, message }] };
}

/** What is wrong with a text that is no object, without a word of it: V8's own messages quote. */
function faultOf(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    const [, line, column] = /line (\d+) column (\d+)/.exec((error as Error).message) ?? [];
    return line === undefined
      ? 'is not JSON; it must be { "consumers": [ … ] }.'
      : `is not JSON: line ${line}, column ${column} cannot be read.`;
  }
  return 'must be one JSON object { "consumers": [ … ] }, in which no object has a member twice.';
}
