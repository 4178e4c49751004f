import type { DocumentNode } from '../text/document-node.js';
import type { Fault, Reading } from './reading.js';

/** What may stand in a field. */
export interface Kind<T> {
  /** Behind `must be`: `a whole number, 0–65535`. */
  readonly allowed: string;
  /** Tells the reading what is wrong. The node is never null. */
  read(node: DocumentNode, reading: Reading): T | Fault;
}
