import { hasFields } from './exact-json.js';

/** One change to the members of a JSON object, as of fields elsewhere; values are JSON. */
export type JsonEdit =
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'set' | 'replace' | 'add' | 'append'; readonly name: string; readonly value: unknown };

/**
 * The object with its own members edited; `undefined` when nothing changes, which is so for whatever is no object.
 *
 * `append` puts a value behind those of a list, makes a list of the one value that stands there, and a list of its own
 * where there is none, or `null`.
 */
export function editMembers(value: unknown, edits: readonly JsonEdit[]): object | undefined {
  if (!hasFields(value) || Array.isArray(value)) return undefined;
  // A map, so that `__proto__` is a name like any other.
  const members = new Map<string, unknown>(Object.entries(value));
  let changed = false;
  for (const edit of edits) changed = applyEdit(members, edit) || changed;
  return changed ? Object.fromEntries(members) : undefined;
}

function applyEdit(members: Map<string, unknown>, edit: JsonEdit): boolean {
  const { name } = edit;
  const present = members.has(name);
  switch (edit.kind) {
    case 'remove':
      return members.delete(name);
    case 'rename':
      if (!present || edit.to === name) return false;
      members.set(edit.to, members.get(name));
      return members.delete(name);
    case 'replace':
      if (!present) return false;
      break;
    case 'add':
      if (present) return false;
      break;
    case 'append':
      members.set(name, appended(members.get(name), edit.value));
      return true;
    case 'set':
      break;
  }
  members.set(name, edit.value);
  return true;
}

function appended(there: unknown, value: unknown): unknown[] {
  if (there === undefined || there === null) return [value];
  return Array.isArray(there) ? [...(there as unknown[]), value] : [there, value];
}
