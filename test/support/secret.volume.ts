import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A volume as Kubernetes mounts it: files are links into `..data`, itself a link that is swapped whole. */
export class SecretVolume {
  readonly folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  #version = 0;

  constructor(files: Readonly<Record<string, string>>) {
    this.swap(files);
    for (const name of Object.keys(files)) symlinkSync(join('..data', name), this.path(name));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  swap(files: Readonly<Record<string, string>>): void {
    const before = `..v${this.#version}`;
    const next = `..v${++this.#version}`;
    mkdirSync(this.path(next));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, next, name), text);
    symlinkSync(next, this.path('..data_tmp'));
    renameSync(this.path('..data_tmp'), this.path('..data'));
    rmSync(this.path(before), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
