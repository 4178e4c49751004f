import { isUtf8 } from 'node:buffer';
import type { HeaderEdit } from '../../../contracts/header-edit.js';
import { editParameters } from '../../../contracts/parameter-edits.js';
import { decodeQuery } from '../../../contracts/query-parameters.js';
import { UnreadableBody } from '../../json-body/unreadable-body.js';
import { FIELDS_LIMIT, tooManyFields } from './fields-limit.js';

/** Edits the fields of a form (`application/x-www-form-urlencoded`); fields that no edit names keep their bytes. */
export function editForm(bytes: Buffer, edits: readonly HeaderEdit[]): Buffer | undefined {
  const text = formText(bytes);
  const edited = editParameters(text, edits);
  return edited === text ? undefined : Buffer.from(edited);
}

/** The fields of a form as those of a query, each written anew: a form may hold bytes that no query can. */
export function formAsQuery(bytes: Buffer): string {
  return formText(bytes)
    .split('&')
    .filter((field) => field !== '')
    .map((field) => field.split('=').map(encoded))
    .map(([name, ...value]) => (value.length === 0 ? name : `${name}=${value.join('%3D')}`))
    .join('&');
}

function encoded(text: string): string {
  return encodeURIComponent(decodeQuery(text));
}

function formText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new UnreadableBody('that is not UTF-8');
  let fields = 1;
  for (let at = bytes.indexOf(AMPERSAND); at >= 0; at = bytes.indexOf(AMPERSAND, at + 1)) {
    if (++fields > FIELDS_LIMIT) throw tooManyFields();
  }
  return bytes.toString('utf8');
}

const AMPERSAND = 0x26;
