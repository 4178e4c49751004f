/**
 * One change to a list of header fields, query parameters or members of a body. `name` and `to` are lower-case for
 * headers.
 *
 * - `remove`: every field of the name goes.
 * - `rename`: every field of the name gets the name `to`, in place of those that had it.
 * - `set`: the field stands once, with this value.
 * - `replace`: the same, but only when the name is there.
 * - `add`: only when the name is absent.
 * - `append`: one more field.
 */
export type HeaderEdit =
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'set' | 'replace' | 'add' | 'append'; readonly name: string; readonly value: string };

/**
 * Applies edits in order to a flat name/value list and returns a new one. `fold` makes two names comparable; values are
 * texts, or whatever else the caller knows them by.
 */
export function applyEdits<Value = never>(
  fields: readonly (string | Value)[],
  edits: readonly HeaderEdit[],
  fold: (name: string) => string,
): (string | Value)[] {
  let list = fields.slice();
  for (const edit of edits) {
    switch (edit.kind) {
      case 'remove':
        list = without(list, edit.name, fold);
        break;
      case 'rename':
        if (edit.to !== edit.name && has(list, edit.name, fold)) list = without(list, edit.to, fold);
        for (let i = 0; i < list.length; i += 2) if (fold(list[i] as string) === edit.name) list[i] = edit.to;
        break;
      case 'replace':
        if (!has(list, edit.name, fold)) break;
        list = without(list, edit.name, fold);
        list.push(edit.name, edit.value);
        break;
      case 'set':
        list = without(list, edit.name, fold);
        list.push(edit.name, edit.value);
        break;
      case 'add':
        if (!has(list, edit.name, fold)) list.push(edit.name, edit.value);
        break;
      case 'append':
        list.push(edit.name, edit.value);
        break;
    }
  }
  return list;
}

export const foldHeaderName = (name: string): string => name.toLowerCase();
export const foldNothing = (name: string): string => name;

function has(list: readonly unknown[], name: string, fold: (name: string) => string): boolean {
  for (let i = 0; i < list.length; i += 2) if (fold(list[i] as string) === name) return true;
  return false;
}

function without<Item>(list: readonly Item[], name: string, fold: (name: string) => string): Item[] {
  const kept: Item[] = [];
  for (let i = 0; i < list.length; i += 2) {
    if (fold(list[i] as string) !== name) kept.push(list[i] as Item, list[i + 1] as Item);
  }
  return kept;
}
