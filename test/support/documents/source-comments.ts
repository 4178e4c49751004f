import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** One option, or one member of a union of option groups, as its declaration tells it. */
export interface DocumentedOption {
  readonly name: string;
  /** As written in the source. */
  readonly type: string;
  readonly required: boolean;
  /** It belongs to one side of a union: this, or another of the kind. */
  readonly alternative: boolean;
  /** The doc comment as one line. */
  readonly comment: string;
}

export interface DocumentedFunction {
  /** `RateLimit(options: RateLimitOptions)` */
  readonly signature: string;
  /** The doc comment, paragraph by paragraph. */
  readonly paragraphs: readonly string[];
  /** What follows `@example`, without the fence. */
  readonly example: string | undefined;
}

/** Reads doc comments from a source file, so that documents say what the code says. */
export class SourceComments {
  readonly #source: ts.SourceFile;

  /** @param path below the repository's root */
  constructor(path: string) {
    const file = new URL(`../../../${path}`, import.meta.url);
    this.#source = ts.createSourceFile(path, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  }

  /**
   * The members of an interface or of a type made of object types, those ruled out (`never`) left away. What an interface
   * extends must stand in the same file, and comes first.
   */
  options(name: string): readonly DocumentedOption[] {
    const declaration = this.#declaration(name);
    const found: DocumentedOption[] = basesOf(declaration).flatMap((base) => this.options(base));
    const visit = (node: ts.Node, alternative: boolean): void => {
      if (!ts.isPropertySignature(node)) {
        ts.forEachChild(node, (child) => visit(child, alternative || ts.isUnionTypeNode(node)));
        return;
      }
      const type = oneLine(node.type?.getText(this.#source) ?? 'unknown');
      if (type === 'never') return;
      found.push({
        name: node.name.getText(this.#source),
        type,
        required: node.questionToken === undefined,
        alternative,
        comment: oneLine(commentOf(node).text),
      });
    };
    visit(declaration, false);
    return found;
  }

  /** The doc comment of an interface or a type, its paragraphs and lists kept. */
  comment(name: string): string {
    return paragraphsOf(commentOf(this.#declaration(name)).text).join('\n\n');
  }

  /** Every exported function in the order of the file. */
  functions(): readonly DocumentedFunction[] {
    return this.#source.statements.filter(ts.isFunctionDeclaration).flatMap((declaration) => {
      const exported = declaration.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (exported !== true || declaration.name === undefined) return [];
      const { text, example } = commentOf(declaration);
      const parameters = declaration.parameters.map((parameter) => parameter.getText(this.#source));
      return {
        signature: `${declaration.name.text}(${oneLine(parameters.join(', '))})`,
        paragraphs: paragraphsOf(text),
        example,
      };
    });
  }

  #declaration(name: string): ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
    const declaration = this.#source.statements.find(
      (statement): statement is ts.InterfaceDeclaration | ts.TypeAliasDeclaration =>
        (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
        statement.name.text === name,
    );
    if (declaration === undefined) throw new TypeError(`${this.#source.fileName} declares no ${name}.`);
    return declaration;
  }
}

function basesOf(declaration: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): readonly string[] {
  const clauses = ts.isInterfaceDeclaration(declaration) ? (declaration.heritageClauses ?? []) : [];
  return clauses.flatMap(({ types }) => types.map((type) => type.expression.getText()));
}

/** The description, and the example as it stands: decorators in it are no tags. */
function commentOf(node: ts.Node): { text: string; example: string | undefined } {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const lines = (comment?.getText() ?? '')
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''));
  const [text = '', example] = lines.join('\n').split(/^\s*@example\s/m);
  const described = text.split(/^\s*@(?:param|throws|internal)\b/m)[0] as string;
  return {
    text: described.replace(/\{@link ([^}]+)\}/g, '`$1`').trim(),
    example: example === undefined ? undefined : plainCode(example.trim()),
  };
}

/** Examples stand in a fence, in back ticks, several joined by "or", or bare. */
function plainCode(example: string): string {
  const fenced = /^```\w*\n([\s\S]*?)\n```$/.exec(example)?.[1];
  if (fenced !== undefined) return fenced;
  return example.startsWith('`')
    ? [...example.matchAll(/`([^`]+)`/g)].map(([, code]) => code).join('\n')
    : example;
}

/** Each paragraph on one line, the items of a list on one line each. */
function paragraphsOf(text: string): readonly string[] {
  return text.split(/\n\s*\n/).map((paragraph) =>
    paragraph
      .split(/\n(?=- )/)
      .map(oneLine)
      .join('\n'),
  );
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
