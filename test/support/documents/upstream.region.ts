import { SourceComments } from './source-comments.js';
import { optionTable } from './tables.js';

/** Writes `upstream TYPE`: one group of an upstream's options. */
export function upstreamRegion(type = ''): string {
  return optionTable(new SourceComments('src/contracts/upstream-definition.ts').options(type));
}
