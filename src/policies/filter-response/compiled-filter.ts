import { writeExact } from '../json-body/exact-json.js';
import { UnreadableBody } from '../json-body/unreadable-body.js';
import { FieldTree } from './field-tree.js';
import type { ResolvedFilterResponse } from './filter-response.options.js';
import { omitFields, pickFields } from './json-filter.js';

/** Filters a parsed JSON value, which it may change, and writes it. */
export type CompiledFilter = (value: unknown) => string;

/** Builds the tree once; the filter that comes out only walks it. */
export function compileFilter({ mode, paths }: ResolvedFilterResponse): CompiledFilter {
  const tree = FieldTree.of(paths);
  if (mode === 'omit') {
    return (value) => {
      omitFields(value, tree);
      return writeExact(value);
    };
  }
  return (value) => {
    if (!pickFields(value, tree)) throw new UnreadableBody('that is neither an object nor a list');
    return writeExact(value);
  };
}
