import type { Environment } from '../../../contracts/environment.js';
import type { DocumentLimits } from '../document-options.js';
import type { DocumentReport } from '../document-report.js';
import { DeckPlaceholders, holdsStandIns } from './deck-placeholders.js';
import type { DocumentNode } from './document-node.js';
import { DocumentSource, type SourceText } from './document-source.js';
import { NodeBuilder } from './node-builder.js';
import { TextFault, yamlDocument } from './yaml-document.js';

// Tab, the line breaks and NEL are all that YAML has of them (section 5.1).
const CONTROL = /[\p{Cc}--[\t\n\r\u0085]]/v;

/** The document of one file, YAML or JSON; `undefined` when the report says why there is none. */
export function readDocument(
  { name, text }: SourceText,
  index: number,
  limits: DocumentLimits,
  environment: Environment,
  report: DocumentReport,
): DocumentNode | undefined {
  const source = new DocumentSource(name, index);
  const fail = (offset: number, message: string) => report.problemAt(source, offset, '', message);
  const unreadable = faultOfText(text, limits);
  if (unreadable !== undefined) {
    fail(0, unreadable);
    return undefined;
  }
  const placeholders = new DeckPlaceholders(text, environment);
  try {
    const { document, faults } = yamlDocument(placeholders.text, source, limits);
    for (const { offset, message } of faults) fail(offset, message);
    if (faults.length > 0) return undefined;
    if (document === undefined) {
      fail(0, 'the file is empty; it needs at least _format_version: "3.0".');
      return undefined;
    }
    return new NodeBuilder(source, limits, placeholders, fail).build(document.contents);
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    fail(error.offset, error.message);
    return undefined;
  }
}

function faultOfText(text: string, { maxBytes }: DocumentLimits): string | undefined {
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    return `the file is larger than ${maxBytes} bytes; split it.`;
  }
  const control = CONTROL.exec(text);
  if (control !== null) {
    const code = text.charCodeAt(control.index).toString(16).toUpperCase().padStart(4, '0');
    return `the file holds the control character U+${code}; is it a text file?`;
  }
  if (!text.isWellFormed()) return 'the file holds half a Unicode character; is it a text file?';
  if (holdsStandIns(text)) return 'the file holds U+E000 or U+E001, signs for private use; leave them out.';
  return undefined;
}
