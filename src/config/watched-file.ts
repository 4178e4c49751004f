import { readFile, realpath, stat } from 'node:fs/promises';
import { checkFileSize } from './file-size.js';

/** What a watched file is seen through. */
export interface FileSight {
  /**
   * Changes whenever the content may have; `undefined` for what can only be read once.
   *
   * @throws as node:fs does
   */
  identity(path: string): Promise<string | undefined>;
  /** @throws as node:fs does */
  read(path: string): Promise<string>;
}

export const fileSight: FileSight = {
  async identity(path) {
    const found = await stat(path, { bigint: true });
    // A pipe or a device would wait, or take from somebody else: what it said at boot was all.
    if (!found.isFile() && !found.isDirectory()) return undefined;
    // The real path sees a directory's symlink swapped, as Kubernetes does; the rest a rename or a write in place.
    return [await realpath(path), found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
  },
  async read(path) {
    checkFileSize((await stat(path)).size);
    return await readFile(path, 'utf8');
  },
};

/** Gives a file's text, or throws what reading it threw. */
export type FoundText = () => string;

/** One file, looked at again and again; its text is given once for each time it changed. */
export class WatchedFile {
  #seen: string | undefined;
  #read: string | undefined;

  constructor(
    readonly path: string,
    private readonly sight: FileSight = fileSight,
  ) {}

  /**
   * The text, when the file changed and then stayed the same from one look to the next: somebody who is still
   * writing gets the time to finish. What cannot be read is found at every look, until it can.
   */
  async look(): Promise<FoundText | undefined> {
    const identity = await this.#identity();
    const settled = identity === this.#seen;
    this.#seen = identity;
    if (!settled || identity === undefined || identity === this.#read) return undefined;
    const found = await this.#text();
    if ((await this.#identity()) !== identity) return undefined;
    this.#read = found.readable ? identity : undefined;
    return found.text;
  }

  async #identity(): Promise<string | undefined> {
    try {
      return await this.sight.identity(this.path);
    } catch (error) {
      return `none: ${(error as NodeJS.ErrnoException).code}`;
    }
  }

  async #text(): Promise<{ readonly readable: boolean; readonly text: FoundText }> {
    try {
      const text = await this.sight.read(this.path);
      return { readable: true, text: () => text };
    } catch (error) {
      return {
        readable: false,
        text: () => {
          throw error;
        },
      };
    }
  }
}
