import type { HeaderEdit } from '../../../contracts/header-edit.js';
import { parseExact, writeExact } from '../../json-body/exact-json.js';
import { editMembers } from '../../json-body/json-edits.js';

/**
 * Edits the members of a JSON object; what is written is a text. An empty body counts as an object without members,
 * JSON that is no object stays as it is.
 */
export function editJson(bytes: Buffer, edits: readonly HeaderEdit[]): Buffer | undefined {
  const value = bytes.length === 0 ? {} : parseExact(bytes);
  return editMembers(value, edits) ? Buffer.from(writeExact(value)) : undefined;
}
