import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

/** The folder that holds package.json. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder for what tests make, inside the project so that the package's own name and its packages resolve. */
const MADE = join(PROJECT, 'coverage', 'fixtures');

/** A build takes seconds; a lock older than this was left behind by a run that was killed. */
const STALE_LOCK_MS = 120_000;

let built: Promise<void> | undefined;

/** Compiles src into dist when dist is not what src says. Spec files run side by side, so one of them builds for all. */
export function ensureServiceBuilt(): Promise<void> {
  built ??= locked(async () => {
    const script = new URL('../../scripts/build.mjs', import.meta.url).href;
    const { ensureBuilt } = (await import(script)) as { ensureBuilt(): Promise<void> };
    await ensureBuilt();
  });
  return built;
}

/** Compiles one file of test/support/fixtures; it runs against dist, as a team's gateway runs against the package. */
export async function compiledFixture(name: string): Promise<string> {
  const source = await readFile(new URL(`./fixtures/${name}.ts`, import.meta.url), 'utf8');
  const { outputText } = typescript.transpileModule(source, {
    compilerOptions: {
      module: typescript.ModuleKind.ESNext,
      target: typescript.ScriptTarget.ES2024,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      verbatimModuleSyntax: true,
    },
  });
  const file = join(MADE, `${name}.mjs`);
  const draft = `${file}.${process.pid}`;
  await mkdir(MADE, { recursive: true });
  await writeFile(draft, outputText);
  // Spec files run side by side, and none may start from a half-written file.
  await rename(draft, file);
  return file;
}

async function locked(work: () => Promise<void>): Promise<void> {
  const lock = join(MADE, 'build.lock');
  await mkdir(MADE, { recursive: true });
  while (!(await taken(lock))) await sleep(100);
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Making a folder either succeeds or fails, for one process at a time. */
async function taken(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > STALE_LOCK_MS) await rm(lock, { recursive: true, force: true });
    return false;
  }
}
