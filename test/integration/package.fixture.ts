import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const PROJECT = resolve(import.meta.dirname, '../..');
const CHECKOUT = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src',
  'dist',
  'scripts',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
];

const execute = promisify(execFile);

/** The manifest of the package, as far as it matters here. */
export interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** Runs a program to its end; what it printed is in the error too. */
export async function run(folder: string, program: string, ...args: readonly string[]): Promise<string> {
  // npm's settings of the outer run are about the outer folder.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  try {
    const { stdout } = await execute(program, args, { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Runs `npm pack` in a copy of this checkout: nobody else sees the manifest change. Gives the packed file. */
export async function pack(): Promise<{ readonly file: string; readonly checkout: string }> {
  const checkout = mkdtempSync(join(tmpdir(), 'pack-'));
  for (const name of CHECKOUT) {
    const from = join(PROJECT, name);
    if (existsSync(from)) cpSync(from, join(checkout, name), { recursive: true });
  }
  linkPackages(checkout);
  const printed = await run(checkout, 'npm', 'pack', '--json', '--loglevel=error');
  const [packed] = JSON.parse(printed.slice(printed.indexOf('['))) as { filename: string }[];
  return { file: join(checkout, packed?.filename ?? ''), checkout };
}

/** One link for each package, in a folder of its own: whatever is installed or removed there leaves ours alone. */
function linkPackages(checkout: string): void {
  const packages = join(checkout, 'node_modules');
  mkdirSync(packages);
  for (const name of readdirSync(join(PROJECT, 'node_modules'))) {
    symlinkSync(join(PROJECT, 'node_modules', name), join(packages, name));
  }
}

/**
 * An empty project that installed the packed file: what the manifest declares is there, and nothing else.
 * The declared packages are those of this checkout, so no network is needed.
 */
export async function install(
  file: string,
): Promise<{ readonly project: string; readonly manifest: Manifest }> {
  const project = mkdtempSync(join(tmpdir(), 'team-'));
  const home = join(project, 'node_modules', 'portcullis');
  mkdirSync(home, { recursive: true });
  await run(home, 'tar', '-xzf', file, '--strip-components=1');
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest;
  const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  for (const name of [...declared, '@types/node', '@types/express']) link(project, name);
  return { project, manifest };
}

function link(project: string, name: string): void {
  const at = join(project, 'node_modules', name);
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules', name), at);
}

const TSC = join(PROJECT, 'node_modules/typescript/bin/tsc');

/**
 * Writes the files of a project and compiles them with the types of the installed package.
 *
 * @returns what the compiler finds wrong in the declarations of the package itself
 * @throws Error when the project does not compile
 */
export async function compile(
  project: string,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const settings = {
    compilerOptions: {
      target: 'ES2024',
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      // So that declarations are checked; what is wrong in those of Nest or Express is not ours.
      skipLibCheck: false,
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
    },
    include: ['src'],
  };
  const all = {
    'package.json': JSON.stringify({ name: 'team-gateway', type: 'module', private: true }),
    'tsconfig.json': JSON.stringify(settings),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  const printed = await run(project, process.execPath, TSC, '-p', '.', '--pretty', 'false').catch(
    (error: Error) => error.message,
  );
  const lines = printed.split('\n');
  const mistakes = lines.filter((line) => line.startsWith('src/'));
  if (mistakes.length > 0) throw new Error(`The project does not compile:\n${mistakes.join('\n')}`);
  return lines.filter((line) => line.startsWith('node_modules/portcullis/'));
}
