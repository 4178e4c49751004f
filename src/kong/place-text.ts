import type { KongPlace } from './kong-configuration.js';

/** A place as people look it up, `kong.yml:12:5`. */
export function placeText({ file, line, column }: Omit<KongPlace, 'path'>): string {
  return `${file}:${line}:${column}`;
}
