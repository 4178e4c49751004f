import { isCertain, type RankedEntry } from './ranked-entry.js';

/** Entries in the order of their rank, by method. */
export interface RankedLists {
  /** Of entries that take every method. */
  readonly any: RankedEntry[];
  readonly byMethod: Map<string, RankedEntry[]>;
}

export function newRankedLists(): RankedLists {
  return { any: [], byMethod: new Map() };
}

/** Adds an entry; entries come in the order of their rank. */
export function addRanked(lists: RankedLists, entry: RankedEntry): void {
  if (entry.methods === undefined) {
    push(lists.any, entry);
    return;
  }
  for (const method of new Set(entry.methods)) {
    let list = lists.byMethod.get(method);
    if (list === undefined) {
      list = [];
      lists.byMethod.set(method, list);
    }
    push(list, entry);
  }
}

/** Nothing behind an entry that takes whatever comes is ever reached. */
function push(list: RankedEntry[], entry: RankedEntry): void {
  const last = list.at(-1);
  if (last === undefined || !isCertain(last)) list.push(entry);
}
