import type { ServerResponse } from 'node:http';

/** Sets the fields of a flat list, from there on, on an answer that Express will write. */
export function copyFields(fields: readonly string[], from: number, res: ServerResponse): void {
  for (let i = from; i < fields.length; i += 2) res.setHeader(fields[i] as string, fields[i + 1] as string);
}
