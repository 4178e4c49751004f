import { Composer, type CST, type Document, type ErrorCode, Lexer, Parser } from 'yaml';
import type { DocumentLimits } from '../document-options.js';
import type { DocumentSource } from './document-source.js';

/** Why a text is no document, and where. */
export class TextFault extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** Syntax mistakes beyond these follow from the first ones. */
const MOST_FAULTS = 5;

// In our own words: those of the library quote the text, and a secret may stand there.
const FAULTS: { readonly [code in ErrorCode]?: string } = {
  ALIAS_PROPS: 'an alias (*name) may have no anchor or tag of its own.',
  BAD_ALIAS:
    'an alias (*name) or anchor (&name) is not written soundly, or its anchor does not stand before it.',
  BAD_COLLECTION_TYPE: 'a tag does not fit what it stands at; leave it out.',
  BAD_DIRECTIVE: 'a line that begins with % is not understood; leave it out.',
  BAD_DQ_ESCAPE:
    'text in double quotes holds a backslash that means nothing; write \\\\ or use single quotes.',
  BAD_INDENT: 'the indentation does not fit; entries of one map or list begin in one column.',
  BAD_SCALAR_START: 'a value begins with a sign that needs quotes; put the value in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'maps or lists stand in one line without braces; begin a new line, or put the text in quotes.',
  BLOCK_IN_FLOW: 'an indented map or list stands inside of braces or brackets; write it with braces.',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters; is a colon missing?',
  MISSING_CHAR: 'a closing quote, brace, bracket, or a comma, colon or space is missing.',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines; is a colon or a quote missing?',
  MULTIPLE_DOCS: 'there is more than one document (---); keep one in each file.',
  TAB_AS_INDENT: 'a tab stands where lines are indented; use spaces.',
  TAG_RESOLVE_FAILED: 'a tag (!name) is not understood here; leave it out, or put the text in quotes.',
};
const ANY_FAULT = 'this is neither YAML nor JSON; look for a missing quote, colon or space.';

/**
 * The document of a text, in time and memory that its size bounds: words are counted and nesting is measured before
 * anything is put together, and keys are not compared here, which the library does in time that grows with their square.
 *
 * @throws TextFault when a limit is passed
 */
export function yamlDocument(
  text: string,
  source: DocumentSource,
  limits: DocumentLimits,
): { readonly document: Document.Parsed | undefined; readonly faults: readonly TextFault[] } {
  const faults: TextFault[] = [];
  const add: Complain = (offset, code) => {
    // The library catches what is thrown in a collection, and comes back with it.
    if (faults.length >= MOST_FAULTS) throw ENOUGH;
    faults.push(new TextFault(offset, (code === undefined ? undefined : FAULTS[code]) ?? ANY_FAULT));
  };
  const composer = tellingComposer(add);
  let document: Document.Parsed | undefined;
  try {
    for (const found of composer.compose(sound(tokensOf(text, source, limits), add), false, text.length)) {
      if (document !== undefined) {
        faults.push(new TextFault(found.range[0], FAULTS.MULTIPLE_DOCS as string));
        break;
      }
      document = found;
    }
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return { document, faults };
}

type Complain = (offset: number, code: ErrorCode | undefined) => void;
/** Nobody reads more mistakes than were found; whatever is left of the text is not looked at. */
const ENOUGH = Symbol('enough');

/**
 * The library makes an error with its stack of every mistake, and a text may hold a million of them; so each is told here
 * in place of that.
 */
function tellingComposer(add: Complain): Composer {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
  });
  const onError = (source: number | readonly number[] | { readonly offset: number }, code: ErrorCode): void =>
    add(offsetOf(source), code);
  // It is private, and the only place that every mistake comes by; a test holds that it is still there.
  Object.assign(composer, { onError });
  return composer;
}

function offsetOf(source: number | readonly number[] | { readonly offset: number }): number {
  if (typeof source === 'number') return source;
  return 'offset' in source ? source.offset : (source[0] ?? 0);
}

function* tokensOf(text: string, { lines }: DocumentSource, limits: DocumentLimits): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  // As the parser itself does for a text it lexes alone.
  lines.addNewLine(0);
  // A map in a list takes two places of the stack, and the document one.
  const tallest = limits.maxDepth * 2 + 4;
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > limits.maxTokens) {
      throw new TextFault(
        parser.offset,
        `holds more than ${limits.maxTokens} words of YAML; split the file.`,
      );
    }
    yield* parser.next(lexeme);
    if (parser.stack.length > tallest) {
      throw new TextFault(
        parser.offset,
        `is nested deeper than ${limits.maxDepth} levels; nothing of Kong is.`,
      );
    }
  }
  yield* parser.end();
}

/** Without the tokens that the composer makes errors of by itself. */
function* sound(tokens: Iterable<CST.Token>, add: Complain): Generator<CST.Token> {
  let begun = false;
  for (const token of tokens) {
    begun ||= token.type === 'document';
    if (token.type === 'error' || (token.type === 'doc-end' && !begun)) add(token.offset, undefined);
    else yield token;
  }
}
