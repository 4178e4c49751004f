import { ConfigError } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import { readTextFile } from './configuration-sources.js';
import type { GatewaySettings } from './gateway-settings.js';
import { loadSettings } from './load-settings.js';
import { type SecretFile, type SecretFileVariable, secretFilesOf, secretHeld } from './secret-files.js';
import { type FileSight, type FoundText, WatchedFile } from './watched-file.js';

/** A change is taken when two looks saw the same, so within twice this. */
const LOOK_EVERY_MS = 500;

/** Calls a function again and again; what it gives back stops that. */
export type Every = (intervalMs: number, run: () => void) => () => void;

/** Never what keeps a process alive. */
export const everyInterval: Every = (intervalMs, run) => {
  const timer = setInterval(run, intervalMs).unref();
  return () => clearInterval(timer);
};

export interface SecretFilesOptions {
  /** Which files there are. */
  readonly environment: Environment;
  /** What was read of them at boot. */
  readonly settings: GatewaySettings;
  /** Puts a changed secret, checked as at boot, to work at once, or says why not and changes nothing. */
  take(variable: SecretFileVariable, settings: GatewaySettings): readonly string[];
  reloaded(variable: SecretFileVariable): void;
  /** Told once, not at every look; nothing of the content is in the reasons. */
  refused(variable: SecretFileVariable, reasons: readonly string[]): void;
  /** Default: node:fs. */
  readonly sight?: FileSight;
  /** Default: setInterval. */
  readonly every?: Every;
}

/**
 * Sees that the file of a secret changed, and lets the new one take effect if boot would have accepted it; until then
 * the old one stays. Files are looked at rather than waited for: no notification tells of the symlink that Kubernetes
 * swaps two folders further up, nor of anything on a network volume.
 */
export class SecretFilesWatcher {
  readonly #options: SecretFilesOptions;
  /** As at boot: a program may well take its secrets out of the environment afterwards. */
  readonly #environment: Environment;
  readonly #files: readonly (SecretFile & { readonly watched: WatchedFile })[];
  readonly #held = new Map<SecretFileVariable, string | undefined>();
  readonly #refusals = new Map<SecretFileVariable, string>();
  #looking = false;
  #stop: (() => void) | undefined;

  constructor(options: SecretFilesOptions) {
    const { environment, settings, sight } = options;
    this.#options = options;
    this.#environment = { ...environment };
    this.#files = secretFilesOf(environment).map((file) => ({
      ...file,
      watched: new WatchedFile(file.path, sight),
    }));
    for (const { variable } of this.#files) this.#held.set(variable, secretHeld(variable, settings));
  }

  start(): void {
    if (this.#files.length === 0) return;
    const { every = everyInterval } = this.#options;
    this.#stop = every(LOOK_EVERY_MS, () => void this.look());
  }

  stop(): void {
    this.#stop?.();
  }

  /** Looks at every file once. A look that hangs, on a volume that is gone, is not joined by another. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const file of this.#files) {
        const found = await file.watched.look();
        if (found !== undefined) this.#judge(file, found);
      }
    } finally {
      this.#looking = false;
    }
  }

  #judge(file: SecretFile, found: FoundText): void {
    const { variable } = file;
    const { reloaded, refused } = this.#options;
    const outcome = this.#takeFrom(file, found);
    if (typeof outcome !== 'string') {
      const reasons = outcome.join('\n');
      if (this.#refusals.get(variable) === reasons) return;
      this.#refusals.set(variable, reasons);
      refused(variable, outcome);
      return;
    }
    const healed = this.#refusals.delete(variable);
    // A file that was only touched, and the first look after boot, are nothing to tell.
    if (healed || outcome === 'taken') reloaded(variable);
  }

  #takeFrom(file: SecretFile, found: FoundText): 'taken' | 'same' | readonly string[] {
    const { variable } = file;
    try {
      const settings = this.#settingsWith(file, found);
      const secret = secretHeld(variable, settings);
      if (secret === this.#held.get(variable)) return 'same';
      const reasons = this.#options.take(variable, settings);
      if (reasons.length > 0) return reasons;
      this.#held.set(variable, secret);
      return 'taken';
    } catch (error) {
      // Whatever a file makes go wrong, the gateway serves on with what it has.
      if (!(error instanceof ConfigError)) return [`cannot be used (${(error as Error).name}).`];
      return error.problems.map(({ where, message }) => `${where}: ${message}`);
    }
  }

  /** What boot would make of the new text, with the other files as they were last accepted. */
  #settingsWith(file: SecretFile, found: FoundText): GatewaySettings {
    const others = new Map(this.#files.map(({ path, variable }) => [path, this.#held.get(variable)]));
    return loadSettings(this.#environment, (path) => {
      if (path === file.path) return found();
      // What is no secret, such as a certificate, is read as at boot. One line break is taken off again.
      return others.has(path) ? `${others.get(path)}\n` : readTextFile(path);
    });
  }
}
