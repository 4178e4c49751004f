import { hasFields } from './exact-json.js';

/** One change to the members of a JSON object, as of fields elsewhere; values are JSON. */
export type JsonEdit =
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'set' | 'replace' | 'add' | 'append'; readonly name: string; readonly value: unknown };

type Members = Record<string, unknown>;

/**
 * Edits the own members of a parsed object, in place. `false` when nothing changes, which is so for whatever is no object.
 *
 * `append` puts a value behind those of a list, makes a list of the one value that stands there, and a list of its own
 * where there is none, or `null`.
 *
 * A member is set to `undefined`, which JSON.stringify leaves out: to `delete` it, or to copy the others, costs more than
 * the parsing did where there are many.
 */
export function editMembers(value: unknown, edits: readonly JsonEdit[]): boolean {
  if (!hasFields(value) || Array.isArray(value)) return false;
  let changed = false;
  for (const edit of edits) changed = applyEdit(value, edit) || changed;
  return changed;
}

function applyEdit(members: Members, edit: JsonEdit): boolean {
  const { name } = edit;
  const there = Object.hasOwn(members, name) ? members[name] : undefined;
  const present = there !== undefined;
  switch (edit.kind) {
    case 'remove':
      if (!present) return false;
      write(members, name, undefined);
      return true;
    case 'rename':
      if (!present || edit.to === name) return false;
      write(members, name, undefined);
      write(members, edit.to, there);
      return true;
    case 'replace':
      if (!present) return false;
      break;
    case 'add':
      if (present) return false;
      break;
    case 'append':
      write(members, name, appended(there, edit.value));
      return true;
    case 'set':
      break;
  }
  write(members, name, edit.value);
  return true;
}

/** An assignment to `__proto__` would reach the prototype. */
function write(members: Members, name: string, value: unknown): void {
  if (name !== '__proto__') members[name] = value;
  else Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
}

function appended(there: unknown, value: unknown): unknown[] {
  if (there === undefined || there === null) return [value];
  return Array.isArray(there) ? [...(there as unknown[]), value] : [there, value];
}
