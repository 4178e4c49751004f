import type { ClientClaims } from './client-claims.js';
import type { Exchange } from './exchange.js';
import { type FieldEdits, WRITING_VERBS, writtenFields } from './field-edits.js';
import { isHeaderValue } from './forward-call.js';
import { GatewayError } from './gateway-error.js';
import { foldHeaderName, foldNothing, type HeaderEdit } from './header-edit.js';
import { asText, placeValue } from './place-value.js';
import { fillPlaces, type Place, parseTemplate, type ValueTemplate } from './value-template.js';

/** The edits of one exchange. Where no value is filled in, every exchange gets the same frozen list. */
export type EditSource = (exchange: Exchange) => readonly HeaderEdit[];

interface TemplatedEdit {
  readonly kind: (typeof WRITING_VERBS)[number];
  readonly name: string;
  readonly template: ValueTemplate;
}

/** What places become. */
export interface PlaceSource {
  /** A new UUID, for every place it stands in. */
  readonly mint: () => string;
  /** The lower-case header in which a UUID is the exchange's own id instead. */
  readonly correlated: string | undefined;
  /** Headers that are not read from clients. */
  readonly claims: ClientClaims;
  /** Whose edits they are, for refusals. */
  readonly policy: string;
}

/** Edits of headers: names are compared without case. `undefined` when there are none. */
export function compileHeaderEdits(
  edits: FieldEdits | undefined,
  source: PlaceSource,
): EditSource | undefined {
  return compile(edits, foldHeaderName, source, (name, value) => headerValue(name, value, source.policy));
}

/** Edits of query parameters or fields of a body: names are compared with case. `undefined` when there are none. */
export function compileTextEdits(edits: FieldEdits | undefined, source: PlaceSource): EditSource | undefined {
  return compile(edits, foldNothing, source, (_name, value) => asText(value));
}

function compile(
  edits: FieldEdits | undefined,
  fold: (name: string) => string,
  source: PlaceSource,
  /** Makes the field's value of what was filled in, a byte a character. */
  write: (name: string, value: string) => string,
): EditSource | undefined {
  if (edits === undefined) return undefined;
  const list = ordered(edits, fold);
  if (list.length === 0) return undefined;
  if (!list.some(isTemplated)) {
    const frozen = Object.freeze(list as HeaderEdit[]);
    return () => frozen;
  }
  return (exchange) => {
    const filled: HeaderEdit[] = [];
    for (const edit of list) {
      if (!isTemplated(edit)) {
        filled.push(edit);
        continue;
      }
      const { kind, name, template } = edit;
      const value = fillPlaces(template, (place) => valueAt(place, name, exchange, source, write));
      if (value !== undefined) filled.push({ kind, name, value });
    }
    return filled;
  };
}

function valueAt(
  place: Place,
  name: string,
  exchange: Exchange,
  { mint, correlated, claims }: PlaceSource,
  write: (name: string, value: string) => string,
): string | undefined {
  if (place.kind === 'uuid') return name === correlated ? exchange.correlationId : mint();
  const value = placeValue(exchange, place, claims);
  return value === undefined ? undefined : write(name, value);
}

/** An authority that no upstream can read as two, or as a path. */
const AUTHORITY = /^[A-Za-z0-9._~:[\]-]*$/;

/** What a client sent, on its way into a header: nothing in it may end the field or the message. */
function headerValue(name: string, value: string, policy: string): string {
  if (isHeaderValue(value) && (name !== 'host' || AUTHORITY.test(value))) return value;
  throw new GatewayError('bad-request', {
    policy,
    detail: `The value that ${name} is made of holds a character it may not carry.`,
  });
}

/** Remove, rename, set, replace, add, append. */
function ordered(edits: FieldEdits, fold: (name: string) => string): (HeaderEdit | TemplatedEdit)[] {
  const list: (HeaderEdit | TemplatedEdit)[] = [];
  for (const name of edits.remove ?? []) list.push({ kind: 'remove', name: fold(name) });
  for (const [name, to] of Object.entries(edits.rename ?? {})) {
    list.push({ kind: 'rename', name: fold(name), to: fold(to) });
  }
  for (const kind of WRITING_VERBS) {
    for (const [name, value] of writtenFields(edits, kind)) {
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
