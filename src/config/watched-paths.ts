import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSight, fileSight } from './watched-file.js';

/** Files and directories of them, looked at again and again: whether anything in them changed. */
export class WatchedPaths {
  #seen: string | undefined;
  #taken: string | undefined;

  constructor(
    private readonly paths: readonly string[],
    /** Which files of a directory count. */
    private readonly counts: (name: string) => boolean,
    private readonly sight: FileSight = fileSight,
  ) {}

  /** What is there now is known: only what changes from here on is a change. */
  async know(): Promise<void> {
    this.#seen = await this.#identity();
    this.#taken = this.#seen;
  }

  /**
   * Whether something changed and then stayed the same from one look to the next: somebody who is still writing gets the
   * time to finish.
   */
  async look(): Promise<boolean> {
    const identity = await this.#identity();
    const settled = identity === this.#seen;
    this.#seen = identity;
    if (!settled || identity === this.#taken) return false;
    this.#taken = identity;
    return true;
  }

  async #identity(): Promise<string> {
    const found = await Promise.all(this.paths.map((path) => this.#identityOf(path)));
    return found.join('\n');
  }

  async #identityOf(path: string): Promise<string> {
    try {
      if (!(await stat(path)).isDirectory()) return `${await this.sight.identity(path)}`;
      const names = (await readdir(path)).filter(this.counts).sort();
      const inside = await Promise.all(names.map((name) => this.#identityOf(join(path, name))));
      return names.map((name, i) => `${name} ${inside[i]}`).join('\n');
    } catch (error) {
      return `none: ${(error as NodeJS.ErrnoException).code}`;
    }
  }
}
