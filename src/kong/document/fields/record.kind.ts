import { type DocumentNode, isNull } from '../text/document-node.js';
import type { Field } from './field.js';
import type { Kind } from './kind.js';
import { FAULT, type Fault, type Reading } from './reading.js';
import { nearest } from './text.kinds.js';

export type RecordFields = Readonly<Record<string, Field<unknown>>>;
export type RecordOf<Fields extends RecordFields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never;
};

/** A map with known fields: unknown ones are told with the nearest name, absent ones get their default. */
export function record<Fields extends RecordFields>(fields: Fields): Kind<RecordOf<Fields>> {
  return { allowed: 'a map', read: (node, reading) => readRecord(fields, node, reading) };
}

export function readRecord<Fields extends RecordFields>(
  fields: Fields,
  node: DocumentNode,
  reading: Reading,
): RecordOf<Fields> | Fault {
  if (node.kind !== 'map') return reading.refuse(node, 'a map');
  let sound = true;
  for (const [name, { keyOffset, keySource }] of node.entries) {
    if (Object.hasOwn(fields, name)) continue;
    sound = false;
    const known = Object.keys(fields);
    const mend = nearest(name, known, reading.scope.report);
    const there =
      mend === '.' ? `; there are ${known.filter((one) => !one.startsWith('_')).join(', ')}.` : mend;
    const at = reading.member(shortened(name));
    reading.scope.report.problemAt(
      keySource,
      keyOffset,
      at.path,
      `${at.name} is no field of Kong's here${there}`,
    );
  }
  const values: [string, unknown][] = [];
  for (const [name, field] of Object.entries(fields)) {
    const value = readField(name, field, node, reading);
    if (value === FAULT) sound = false;
    values.push([name, value]);
  }
  return sound ? (Object.freeze(Object.fromEntries(values)) as RecordOf<Fields>) : FAULT;
}

function readField(name: string, field: Field<unknown>, node: DocumentNode, reading: Reading): unknown {
  const member = node.kind === 'map' ? node.entries.get(name)?.value : undefined;
  const at = reading.member(name, reading.secret || field.secret);
  if (member === undefined) {
    return field.whenAbsent === undefined
      ? at.fail(node, `is missing; must be ${field.kind.allowed}.`)
      : field.whenAbsent.value;
  }
  if (!isNull(member)) return field.kind.read(member, at);
  if (field.whenNull !== undefined) return field.whenNull.value;
  const mend = field.whenAbsent === undefined ? '' : '; leave it out for the default';
  return at.refuse(member, `${field.kind.allowed}${mend}`);
}

function shortened(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 57)}…`;
}
