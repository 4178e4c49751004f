import type { Exchange } from './exchange.js';
import { type FieldEdits, WRITING_VERBS } from './field-edits.js';
import { foldHeaderName, foldNothing, type HeaderEdit } from './header-edit.js';
import { fillUuids, parseTemplate, type ValueTemplate } from './value-template.js';

/** The edits of one exchange. Where no value is filled in, every exchange gets the same frozen list. */
export type EditSource = (exchange: Exchange) => readonly HeaderEdit[];

interface TemplatedEdit {
  readonly kind: (typeof WRITING_VERBS)[number];
  readonly name: string;
  readonly template: ValueTemplate;
}

/** What `$(uuid)` becomes. */
export interface UuidSource {
  /** A new one, for every place it stands in. */
  readonly mint: () => string;
  /** The lower-case header in which it is the exchange's own id instead. */
  readonly correlated: string | undefined;
}

/** Edits of headers: names are compared without case. `undefined` when there are none. */
export function compileHeaderEdits(edits: FieldEdits | undefined, uuids: UuidSource): EditSource | undefined {
  return compile(edits, foldHeaderName, uuids);
}

/** Edits of query parameters: names are compared with case. `undefined` when there are none. */
export function compileQueryEdits(edits: FieldEdits | undefined, uuids: UuidSource): EditSource | undefined {
  return compile(edits, foldNothing, uuids);
}

function compile(
  edits: FieldEdits | undefined,
  fold: (name: string) => string,
  { mint, correlated }: UuidSource,
): EditSource | undefined {
  if (edits === undefined) return undefined;
  const list = ordered(edits, fold);
  if (list.length === 0) return undefined;
  if (!list.some(isTemplated)) {
    const frozen = Object.freeze(list as HeaderEdit[]);
    return () => frozen;
  }
  return (exchange) =>
    list.map((edit) => {
      if (!isTemplated(edit)) return edit;
      const { kind, name, template } = edit;
      const uuid = name === correlated ? () => exchange.correlationId : mint;
      return { kind, name, value: fillUuids(template, uuid) };
    });
}

/** Remove, rename, set, add, append. */
function ordered(edits: FieldEdits, fold: (name: string) => string): (HeaderEdit | TemplatedEdit)[] {
  const list: (HeaderEdit | TemplatedEdit)[] = [];
  for (const name of edits.remove ?? []) list.push({ kind: 'remove', name: fold(name) });
  for (const [name, to] of Object.entries(edits.rename ?? {})) {
    list.push({ kind: 'rename', name: fold(name), to: fold(to) });
  }
  for (const kind of WRITING_VERBS) {
    for (const [name, value] of Object.entries(edits[kind] ?? {})) {
      const template = parseTemplate(value);
      list.push(
        template === undefined
          ? Object.freeze({ kind, name: fold(name), value })
          : Object.freeze({ kind, name: fold(name), template }),
      );
    }
  }
  return list;
}

function isTemplated(edit: HeaderEdit | TemplatedEdit): edit is TemplatedEdit {
  return 'template' in edit;
}
