import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../../..');
const FRAMEWORK = join(ROOT, 'src/framework/index.ts');
const TESTING = join(ROOT, 'src/framework/testing/index.ts');

/** A folder of its own for a document's files, beside a copy of what teams edit in this repository. */
export class ScratchProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'portcullis-readme-'));

  /** @param copied what a team edits; empty for a repository that begins with the document's files */
  constructor(copied: readonly string[] = ['src/upstreams', 'src/app']) {
    for (const part of [...copied, 'tsconfig.json', 'package.json']) {
      cpSync(join(ROOT, part), join(this.folder, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    // A file that is there already must not be what makes the document work.
    writeFileSync(this.path(file), text, { flag: 'wx' });
  }

  append(file: string, text: string): void {
    appendFileSync(this.path(file), text);
  }

  /** What the compiler says about these files, under the repository's own strict settings. */
  problemsIn(files: readonly string[]): readonly string[] {
    const { config } = ts.readConfigFile(this.path('tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, this.folder);
    const program = ts.createProgram(
      files.map((file) => this.path(file)),
      {
        ...options,
        noEmit: true,
        incremental: false,
        rootDir: '/',
        // The package under test is the sources beside this file.
        paths: { portcullis: [FRAMEWORK], 'portcullis/testing': [TESTING] },
      },
    );
    return files.flatMap((file) => {
      const source = program.getSourceFile(this.path(file));
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return found.map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
