/** A fenced block of a document. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The file it is, where its first line is a comment that says so: `// src/upstreams/index.ts`. */
  readonly file: string | undefined;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;
const FILE = /^\/\/ ([\w./-]+\.ts)\n/;

/** The code of a document, in its order. */
export function codeBlocks(document: string): readonly CodeBlock[] {
  return [...document.matchAll(FENCE)].map(([, language = '', text = '']) => {
    const file = FILE.exec(text)?.[1];
    return { language, file, code: file === undefined ? text : text.replace(FILE, '') };
  });
}
