import { Inject, Injectable, Optional } from '@nestjs/common';
import { ConfigError, type ConfigProblem } from '../../../contracts/config-problem.js';
import { type KeyLine, readKeyLines } from './api-keys.lines.js';
import type { ConsumerDeclaration } from './consumer.declaration.js';
import { ConsumerDirectory } from './consumer.directory.js';
import { type ConsumerEntry, ConsumerList } from './consumer.list.js';
import { ConsumerReader } from './consumer.reader.js';
import { readConsumersFile } from './consumers.file.js';
import { UniqueNames } from './unique-names.js';

/** Where consumers come from. Each part can be absent. */
export interface ConsumerSettings {
  /** `GatewayModule.forRoot({ consumers })` */
  readonly declared?: readonly ConsumerDeclaration[] | undefined;
  /** The text of `CONSUMERS_FILE`. */
  readonly file?: string | undefined;
  /** `API_KEYS`, or the text of `API_KEYS_FILE`. */
  readonly keys?: string | undefined;
}

/** Injects the ConsumerSettings. */
export const CONSUMER_SETTINGS = Symbol('portcullis.consumer-settings');

const DECLARED = 'GatewayModule.forRoot({ consumers })';

/** Makes one list of all sources of consumers, at boot and again when a file changed. */
@Injectable()
export class ConsumerSources {
  // Private to the language: an inspected provider must not show a digest.
  readonly #declared: ConsumerSettings['declared'];

  /** @throws ConfigError with every mistake of every source */
  constructor(
    private readonly directory: ConsumerDirectory,
    @Optional() @Inject(CONSUMER_SETTINGS) settings: ConsumerSettings = {},
  ) {
    this.#declared = settings.declared;
    const problems = this.#load(settings);
    if (problems.length > 0) throw new ConfigError(problems);
  }

  /** How many consumers there are now. */
  get size(): number {
    return this.directory.current.size;
  }

  /**
   * Puts changed texts in place of the old ones, at once and whole, or changes nothing.
   *
   * @returns why they cannot be used, in plain words and without a word of the texts; empty when they are at work
   */
  change(texts: Pick<ConsumerSettings, 'file' | 'keys'>): readonly string[] {
    return this.#load({ ...texts, declared: this.#declared }).map(
      ({ where, message }) => `${where}: ${message}`,
    );
  }

  #load({ declared, file, keys }: ConsumerSettings): readonly ConfigProblem[] {
    const names = new UniqueNames();
    const code = new ConsumerReader(DECLARED, names);
    const written = declared === undefined ? [] : code.list(declared, 'consumers');
    const read = file === undefined ? NOTHING : readConsumersFile(file, 'CONSUMERS_FILE', names);
    const lines = keys === undefined ? NO_LINES : readKeyLines(keys, 'API_KEYS', names);
    const problems = [...code.problems, ...read.problems, ...lines.problems, ...names.problems];
    if (problems.length > 0) return shortened(problems);
    this.directory.replace(new ConsumerList(withKeys([...written, ...read.entries], lines.keys)));
    return [];
  }
}

const NOTHING = { entries: [], problems: [] } as const;
const NO_LINES = { keys: [], problems: [] } as const;
const NO_GROUPS: ReadonlySet<string> = new Set();
/** A file of the wrong kind has a mistake on every line. */
const PROBLEMS_SHOWN = 50;

function shortened(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const more = problems.length - PROBLEMS_SHOWN;
  if (more <= 0) return problems;
  const last = problems[PROBLEMS_SHOWN] as ConfigProblem;
  return [
    ...problems.slice(0, PROBLEMS_SHOWN),
    { where: last.where, message: `and ${more} more like these.` },
  ];
}

/** Adds the keys of lines to the consumers they name; one that is declared nowhere else is a consumer by that name. */
function withKeys(entries: readonly ConsumerEntry[], lines: readonly KeyLine[]): readonly ConsumerEntry[] {
  if (lines.length === 0) return entries;
  const byId = new Map(entries.map((entry) => [entry.consumer.id, entry]));
  for (const { consumer: id, record } of lines) {
    const entry = byId.get(id) ?? unlisted(id);
    byId.set(id, { ...entry, apiKeys: [...entry.apiKeys, record] });
  }
  return [...byId.values()];
}

function unlisted(id: string): ConsumerEntry {
  const consumer = Object.freeze({
    id,
    name: undefined,
    customId: undefined,
    plan: undefined,
    groups: NO_GROUPS,
  });
  return { consumer, apiKeys: [], passwords: [], certificates: [] };
}
