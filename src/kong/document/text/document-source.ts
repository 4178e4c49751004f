import { LineCounter } from 'yaml';

/** A file as it was given. */
export interface SourceText {
  /** How messages call it. */
  readonly name: string;
  readonly text: string;
}

/** A file while it is read: its name, its number among all, and where its lines begin. */
export class DocumentSource {
  readonly lines = new LineCounter();

  constructor(
    readonly name: string,
    /** From 0, in the order in which files were given. */
    readonly index: number,
  ) {}

  /** Line and column, both from 1. */
  positionAt(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}
