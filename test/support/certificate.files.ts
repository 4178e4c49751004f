import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Certified } from './certificate.authority.js';

/** A directory of certificates for one test file, as an operator keeps it. */
export class CertificateFiles {
  readonly path = mkdtempSync(join(tmpdir(), 'portcullis-tls-'));

  /** Writes `NAME.crt` and `NAME.key` by renames, the way that leaves no half of a file to be read. */
  put(name: string, { cert, key }: Certified): { readonly certFile: string; readonly keyFile: string } {
    return { certFile: this.write(`${name}.crt`, cert), keyFile: this.write(`${name}.key`, key) };
  }

  write(name: string, text: string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    return path;
  }

  /** Lets a symlink lead elsewhere, in one step. */
  link(name: string, target: string): void {
    symlinkSync(target, this.at(`${name}.new`));
    renameSync(this.at(`${name}.new`), this.at(name));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
