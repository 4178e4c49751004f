import { GatewayError } from '../../../contracts/gateway-error.js';
import { applyEdits, foldNothing, type HeaderEdit } from '../../../contracts/header-edit.js';
import { UnreadableBody } from '../../json-body/unreadable-body.js';
import { TRANSFORM_REQUEST } from '../transform-request.decorator.js';
import { FIELDS_LIMIT, tooManyFields } from './fields-limit.js';
import { Part } from './form.part.js';

/** RFC 2046, section 5.1.1, in quotes or not. */
const BOUNDARY = /;\s*boundary=(?:"([^"]*)"|([^\s;"]*))/gi;
const SOUND_BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/;

/** @throws UnreadableBody when a `multipart/form-data` type names no boundary, or two */
export function boundaryOf(type: string): string {
  const found = [...type.matchAll(BOUNDARY)];
  const boundary = found[0]?.[1] ?? found[0]?.[2] ?? '';
  if (found.length !== 1 || !SOUND_BOUNDARY.test(boundary)) {
    throw new UnreadableBody('without one sound boundary');
  }
  return boundary;
}

/**
 * Edits the fields of a `multipart/form-data` body (RFC 7578). Parts that no edit names keep their bytes; a part that is
 * replaced becomes a plain field. An empty body counts as one without parts.
 *
 * @throws UnreadableBody when the parts could be told apart in more than one way
 */
export function editMultipart(
  bytes: Buffer,
  boundary: string,
  edits: readonly HeaderEdit[],
): Buffer | undefined {
  const fields = bytes.length === 0 ? [] : partsOf(bytes, boundary).flatMap((part) => [part.name, part]);
  const edited = applyEdits<Part>(fields, edits, foldNothing);
  if (edited.length === fields.length && edited.every((item, at) => item === fields[at])) return undefined;

  const delimiter = Buffer.from(`--${boundary}`);
  const pieces: Buffer[] = [];
  for (let i = 0; i < edited.length; i += 2) {
    const name = edited[i] as string;
    const field = edited[i + 1] as string | Part;
    const part = typeof field === 'string' ? Part.of(name, field) : field.named(name);
    // Whoever chose the boundary may have chosen a value too: it must not become a part of its own.
    if (part !== field && part.bytes.includes(delimiter)) throw holdsBoundary(name);
    pieces.push(delimiter, CRLF, part.bytes, CRLF);
  }
  pieces.push(delimiter, Buffer.from('--\r\n'));
  return Buffer.concat(pieces);
}

function holdsBoundary(name: string): GatewayError {
  return new GatewayError('bad-request', {
    policy: TRANSFORM_REQUEST,
    detail: `The value for ${name} holds the boundary of the body's parts.`,
  });
}

const CRLF = Buffer.from('\r\n');
const DASHES = Buffer.from('--');

/** Nothing may stand before the first delimiter or behind the last: readers disagree on what that would be. */
function partsOf(bytes: Buffer, boundary: string): Part[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  if (!bytes.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2))) throw malformed();
  const parts: Part[] = [];
  let at = delimiter.length - 2;
  for (;;) {
    const start = at + 2;
    const mark = bytes.subarray(at, start);
    if (mark.equals(DASHES)) {
      if (start === bytes.length || bytes.subarray(start).equals(CRLF)) return parts;
      throw malformed();
    }
    if (!mark.equals(CRLF)) throw malformed();
    const end = bytes.indexOf(delimiter, start);
    if (end < 0) throw malformed();
    if (parts.length === FIELDS_LIMIT) throw tooManyFields();
    parts.push(Part.read(bytes.subarray(start, end)));
    at = end + delimiter.length;
  }
}

const malformed = (): UnreadableBody => new UnreadableBody('that is not multipart/form-data');
