import type { DocumentSource } from './document-source.js';

/** One value of a file, with where it stands. A node that aliases point at is one node with many places. */
export type DocumentNode = MapNode | ListNode | ScalarNode;

interface NodeBase {
  readonly source: DocumentSource;
  /** Where it begins in the text. */
  readonly offset: number;
  /** Levels below and including this one, aliases followed. */
  readonly height: number;
  /** Nodes below and including this one, aliases followed. */
  readonly size: number;
}

export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly keyOffset: number;
  readonly keySource: DocumentSource;
  readonly value: DocumentNode;
}

export interface ListNode extends NodeBase {
  readonly kind: 'list';
  readonly items: readonly DocumentNode[];
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written, or as the environment has it. */
  readonly text: string;
  /** It came out of the environment, so it may be text although it looks like a number, and is never shown. */
  readonly fromEnvironment: boolean;
}

/** A value of a map; `undefined` when the key is absent. */
export function memberOf(node: DocumentNode, key: string): DocumentNode | undefined {
  return node.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** Text that is written at a key; `undefined` for everything else. */
export function textAt(node: DocumentNode, key: string): string | undefined {
  const member = memberOf(node, key);
  if (member?.kind !== 'scalar') return undefined;
  if (member.fromEnvironment) return member.text;
  return typeof member.value === 'string' ? member.value : undefined;
}

export function isNull(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}
