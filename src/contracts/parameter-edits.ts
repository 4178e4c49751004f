import { applyEdits, foldNothing, type HeaderEdit } from './header-edit.js';
import { decodeQuery } from './query-parameters.js';

/** A parameter as it was sent: what no edit touches keeps its very bytes. */
class SentParameter {
  constructor(readonly text: string) {}
}

/**
 * Edits `name=value` pairs joined by `&`: a query without its `?`, or a form. Parameters that no edit names keep their
 * bytes and their order. Names are compared decoded and with case, so `a%20b` and `a+b` are one name.
 */
export function editParameters(text: string, edits: readonly HeaderEdit[]): string {
  const pairs: (string | SentParameter)[] = [];
  for (const part of text.split('&')) {
    if (part !== '') pairs.push(decodeQuery(nameOf(part)), new SentParameter(part));
  }
  const edited = applyEdits(pairs, edits, foldNothing);
  const parts: string[] = [];
  for (let i = 0; i < edited.length; i += 2) {
    const name = edited[i] as string;
    const value = edited[i + 1] as string | SentParameter;
    if (typeof value === 'string') parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    else parts.push(renamed(value.text, name));
  }
  return parts.join('&');
}

/** `''`, or the query with its `?`. */
export function editQuery(query: string, edits: readonly HeaderEdit[]): string {
  const edited = editParameters(query.slice(1), edits);
  return edited === '' ? '' : `?${edited}`;
}

function nameOf(part: string): string {
  const cut = part.indexOf('=');
  return cut < 0 ? part : part.slice(0, cut);
}

function renamed(part: string, name: string): string {
  const was = nameOf(part);
  return decodeQuery(was) === name ? part : encodeURIComponent(name) + part.slice(was.length);
}
