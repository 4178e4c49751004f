import type { Environment } from '../../contracts/environment.js';

/** How a Kong file is read. */
export interface DocumentOptions {
  /** For decK's `${{ env "DECK_X" }}` and Kong's `{vault://env/x}`. Default: empty. */
  readonly environment?: Environment;
  /** The deliberate differences from Kong are off. Default false. */
  readonly strict?: boolean;
  /** A route that no authentication reaches is a problem, not a warning. Default false. */
  readonly refuseOpen?: boolean;
  /** Of one file. */
  readonly maxBytes?: number;
  /** Levels of maps and lists in each other, aliases followed. */
  readonly maxDepth?: number;
  /** Words and marks of YAML in one file. */
  readonly maxTokens?: number;
  /** Nodes that aliases and merge keys of one file add. */
  readonly maxAliased?: number;
}

export type DocumentLimits = Required<
  Pick<DocumentOptions, 'maxBytes' | 'maxDepth' | 'maxTokens' | 'maxAliased'>
>;

export const DOCUMENT_DEFAULTS = {
  environment: {},
  strict: false,
  refuseOpen: false,
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 64,
  maxTokens: 2_000_000,
  maxAliased: 500_000,
} as const satisfies Required<DocumentOptions>;
