import type { HeaderEdit } from '../../../contracts/header-edit.js';
import type { RawHeaders } from '../../../contracts/raw-headers.js';
import { isJsonType } from '../../json-body/json-type.js';
import { UnreadableBody } from '../../json-body/unreadable-body.js';
import { editForm } from './form.body.js';
import { editJson } from './json.body.js';
import { boundaryOf, editMultipart } from './multipart.body.js';

/** A kind of body whose fields can be edited. */
export interface BodyFormat {
  readonly kind: 'json' | 'form' | 'multipart';
  /** The edited body; `undefined` when no edit changes it. @throws UnreadableBody when it is not what its type says */
  readonly edit: (bytes: Buffer, edits: readonly HeaderEdit[]) => Buffer | undefined;
}

const JSON_FORMAT: BodyFormat = Object.freeze({ kind: 'json', edit: editJson });
const FORM: BodyFormat = Object.freeze({ kind: 'form', edit: editForm });

/**
 * What the client says its body is; `undefined` for everything whose fields nobody edits.
 *
 * @throws UnreadableBody when it says so twice: the upstream might believe the other
 */
export function bodyFormat(headers: RawHeaders): BodyFormat | undefined {
  let format: BodyFormat | undefined;
  let types = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 12 || name.toLowerCase() !== 'content-type') continue;
    types++;
    format ??= formatOf(headers[i + 1] as string);
  }
  if (format !== undefined && types > 1) throw new UnreadableBody('of two content types');
  return format;
}

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const MULTIPART_TYPE = /^multipart\/form-data\s*(?:;|$)/i;

function formatOf(type: string): BodyFormat | undefined {
  if (isJsonType(type)) return JSON_FORMAT;
  if (FORM_TYPE.test(type)) return FORM;
  if (!MULTIPART_TYPE.test(type)) return undefined;
  return { kind: 'multipart', edit: (bytes, edits) => editMultipart(bytes, boundaryOf(type), edits) };
}
