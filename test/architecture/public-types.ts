import { resolve } from 'node:path';
import ts from 'typescript';

const PROJECT = resolve(import.meta.dirname, '../..');

/** What a team imports → the file that exports it. */
const ENTRIES = {
  portcullis: 'src/framework/index.ts',
  'portcullis/testing': 'src/framework/testing/index.ts',
} as const;

/**
 * The declarations a team compiles against: everything the package exports and every type of ours that those mention.
 *
 * 1. Emit the declarations of the sources, in memory.  2. Look the exports up in them.  3. Follow what they mention.
 */
export function publicTypes(): string {
  // 1
  const declarations = emitDeclarations();
  // 2
  const program = declarationProgram(declarations);
  const checker = program.getTypeChecker();
  const sections: string[] = [];
  const exported = new Set<ts.Symbol>();
  const mentioned: ts.Symbol[] = [];
  for (const [entry, file] of Object.entries(ENTRIES)) {
    const source = program.getSourceFile(declarationFile(file)) as ts.SourceFile;
    const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
    const named = symbols.map((symbol) => [symbol.name, target(symbol, checker)] as const);
    sections.push(section(`exported by '${entry}'`, named));
    for (const [, symbol] of named) {
      exported.add(symbol);
      mentioned.push(symbol);
    }
  }
  // 3
  const found = new Set<ts.Symbol>(mentioned);
  for (let symbol = mentioned.pop(); symbol !== undefined; symbol = mentioned.pop()) {
    for (const next of mentions(symbol, checker, declarations)) {
      if (found.has(next)) continue;
      found.add(next);
      mentioned.push(next);
    }
  }
  const others = [...found].filter((symbol) => !exported.has(symbol));
  sections.push(
    section(
      'mentioned by those, without a name a team can import',
      others.map((one) => [one.name, one]),
    ),
  );
  return `${sections.join('\n\n')}\n`;
}

function emitDeclarations(): ReadonlyMap<string, string> {
  const program = ts.createProgram(
    Object.values(ENTRIES).map((file) => resolve(PROJECT, file)),
    {
      ...settings(),
      declaration: true,
      emitDeclarationOnly: true,
      removeComments: true,
      rootDir: resolve(PROJECT, 'src'),
    },
  );
  const written = new Map<string, string>();
  program.emit(undefined, (file, text) => void written.set(file, text), undefined, true);
  return written;
}

/** A program of the emitted declarations alone. */
function declarationProgram(declarations: ReadonlyMap<string, string>): ts.Program {
  const options = { ...settings(), noEmit: true, skipLibCheck: true };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile, directoryExists } = host;
  host.fileExists = (file) => declarations.has(file) || fileExists.call(host, file);
  host.readFile = (file) => declarations.get(file) ?? readFile.call(host, file);
  host.directoryExists = (folder) =>
    folder.startsWith(VIRTUAL) || directoryExists?.call(host, folder) !== false;
  host.getSourceFile = (file, version, ...rest) => {
    const text = declarations.get(file);
    return text === undefined
      ? getSourceFile.call(host, file, version, ...rest)
      : ts.createSourceFile(file, text, version, true);
  };
  return ts.createProgram(Object.values(ENTRIES).map(declarationFile), options, host);
}

/** Where the declarations stand in memory: inside the project, so that they find its packages. */
const VIRTUAL = resolve(PROJECT, 'declarations');

function declarationFile(source: string): string {
  return source.replace(/^src/, VIRTUAL).replace(/\.ts$/, '.d.ts');
}

function settings(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(resolve(PROJECT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, PROJECT);
  return { ...options, incremental: false, sourceMap: false, outDir: VIRTUAL };
}

/** What a name stands for, behind every re-export. */
function target(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The declarations of ours that the public part of a symbol names. */
function mentions(
  symbol: ts.Symbol,
  checker: ts.TypeChecker,
  declarations: ReadonlyMap<string, string>,
): readonly ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (isPrivate(node)) return;
    if (ts.isIdentifier(node)) {
      const at = checker.getSymbolAtLocation(node);
      const named = at === undefined ? undefined : target(at, checker);
      if (named !== undefined && (named.declarations ?? []).some((one) => isOwn(one, declarations)))
        found.push(named);
    }
    ts.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations ?? [])
    if (isIn(declaration, declarations)) visit(declaration);
  return found;
}

function isIn(declaration: ts.Node, declarations: ReadonlyMap<string, string>): boolean {
  return declarations.has(declaration.getSourceFile().fileName);
}

/**
 * Declared by itself in a file of ours; members and parameters are shown where they stand.
 *
 * A class that no team can import is only named: it is what Nest injects or what the framework hands around inside.
 */
function isOwn(declaration: ts.Declaration, declarations: ReadonlyMap<string, string>): boolean {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return (
    isIn(declaration, declarations) &&
    ts.isSourceFile(statement.parent) &&
    !ts.isClassDeclaration(declaration)
  );
}

function isPrivate(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false;
  const named = node.name !== undefined && ts.isPrivateIdentifier(node.name);
  return named || (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0;
}

function section(title: string, symbols: readonly (readonly [string, ts.Symbol])[]): string {
  const texts = symbols.map(([name, symbol]) => [name, declarationText(name, symbol)] as const);
  // By name: moving a declaration between files changes nothing for a team.
  const sorted = [...texts].sort(([a, one], [b, other]) => compare(a, b) || compare(one, other));
  return [`// ── ${title}`, ...sorted.map(([, text]) => text)].join('\n\n');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const PRINTER = ts.createPrinter({ removeComments: true });

function declarationText(name: string, symbol: ts.Symbol): string {
  const texts = (symbol.declarations ?? []).map((declaration) => {
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const text = PRINTER.printNode(
      ts.EmitHint.Unspecified,
      withoutPrivates(statement),
      declaration.getSourceFile(),
    );
    return text.replace(/^(export )?(declare )?/, '');
  });
  const renamed = symbol.name === name ? '' : `// as ${name}\n`;
  return renamed + texts.join('\n');
}

function withoutPrivates(node: ts.Node): ts.Node {
  if (!ts.isClassDeclaration(node)) return node;
  const members = node.members.filter((member) => !isPrivate(member));
  const { modifiers, name, typeParameters, heritageClauses } = node;
  return ts.factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
}
