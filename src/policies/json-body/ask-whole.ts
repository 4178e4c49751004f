import type { HeaderEdit } from '../../contracts/header-edit.js';

/** Asks the upstream for whole, plain bytes: a part or a compressed form cannot be looked into as it is. */
export const ASK_WHOLE: readonly HeaderEdit[] = Object.freeze([
  { kind: 'remove', name: 'accept-encoding' },
  { kind: 'remove', name: 'range' },
  { kind: 'remove', name: 'if-range' },
]);
