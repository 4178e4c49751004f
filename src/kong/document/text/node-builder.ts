import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar } from 'yaml';
import type { DocumentLimits } from '../document-options.js';
import type { DeckPlaceholders } from './deck-placeholders.js';
import type { DocumentNode, ListNode, MapEntry, MapNode, ScalarNode } from './document-node.js';
import type { DocumentSource } from './document-source.js';
import { mergeKeys } from './merge-keys.js';
import { TextFault } from './yaml-document.js';

/** An anchor whose value is not complete yet: an alias to it would hold itself. */
const OPEN = Symbol('open');

/**
 * Makes nodes of a parsed document: aliases are followed to the one node they name, merge keys are carried out, keys are
 * unique, and what aliases add is counted before it exists.
 */
export class NodeBuilder {
  readonly #anchors = new Map<string, DocumentNode | typeof OPEN>();
  #aliased = 0;

  constructor(
    private readonly source: DocumentSource,
    private readonly limits: DocumentLimits,
    private readonly placeholders: DeckPlaceholders,
    private readonly complain: (offset: number, message: string) => void,
  ) {}

  /** @throws TextFault when a limit is passed, or a key stands twice */
  build(parsed: ParsedNode | null, depth = 1): DocumentNode {
    if (parsed === null) return this.#scalar(0, null, '');
    const offset = parsed.range[0];
    if (depth > this.limits.maxDepth) throw this.#tooDeep(offset);
    if (isAlias(parsed)) return this.#follow(parsed.source, offset, depth);
    const anchor = parsed.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, OPEN);
    const node = this.#buildOwn(parsed, offset, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #buildOwn(parsed: ParsedNode, offset: number, depth: number): DocumentNode {
    if (isScalar(parsed)) return this.#textual(parsed, offset);
    if (isSeq(parsed)) {
      const items = parsed.items.map((item) => this.build(item as ParsedNode, depth + 1));
      return this.#list(offset, items);
    }
    if (!isMap(parsed)) throw new TextFault(offset, 'is nothing that YAML or JSON has.');
    const entries = new Map<string, MapEntry>();
    const merged: DocumentNode[] = [];
    for (const { key, value } of parsed.items) {
      const name = this.#keyText(key as ParsedNode | null, offset);
      const keyOffset = (key as ParsedNode).range[0];
      const child = this.build((value ?? null) as ParsedNode | null, depth + 1);
      if (name === '<<' && (key as Scalar).type === 'PLAIN') {
        merged.push(child);
        continue;
      }
      if (entries.has(name)) {
        throw new TextFault(keyOffset, `${shortened(name)} stands twice in one map; keep one of them.`);
      }
      const placed = value === null ? { ...child, offset: keyOffset } : child;
      entries.set(name, { keyOffset, keySource: this.source, value: placed });
    }
    return this.#map(offset, merged.length === 0 ? entries : this.#merge(entries, merged));
  }

  #merge(own: ReadonlyMap<string, MapEntry>, merged: readonly DocumentNode[]): ReadonlyMap<string, MapEntry> {
    const entries = mergeKeys(own, merged);
    if (entries === undefined) {
      throw new TextFault(
        merged[0]?.offset ?? 0,
        '<< must be given a map, an alias of one, or a list of them.',
      );
    }
    this.#count(merged[0]?.offset ?? 0, entries.size);
    return entries;
  }

  #follow(name: string, offset: number, depth: number): DocumentNode {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      throw new TextFault(
        offset,
        `*${shortened(name)} names no anchor; &${shortened(name)} must stand before it.`,
      );
    }
    if (target === OPEN) {
      throw new TextFault(
        offset,
        `*${shortened(name)} stands inside of what it names, so it would never end.`,
      );
    }
    if (depth + target.height - 1 > this.limits.maxDepth) throw this.#tooDeep(offset);
    this.#count(offset, target.size);
    return target;
  }

  #count(offset: number, nodes: number): void {
    this.#aliased += nodes;
    if (this.#aliased > this.limits.maxAliased) {
      throw new TextFault(
        offset,
        `aliases stand for more than ${this.limits.maxAliased} values in all; use fewer.`,
      );
    }
  }

  #tooDeep(offset: number): TextFault {
    return new TextFault(offset, `is nested deeper than ${this.limits.maxDepth} levels; nothing of Kong is.`);
  }

  #keyText(key: ParsedNode | null, offset: number): string {
    if (key === null || !isScalar(key)) {
      throw new TextFault(key?.range[0] ?? offset, 'a key must be text; put it in quotes.');
    }
    return this.placeholders.written(key.source ?? String(key.value));
  }

  #textual(parsed: Scalar, offset: number): ScalarNode {
    const value = parsed.value;
    const text = parsed.source ?? String(value);
    if (typeof value === 'string' && this.placeholders.standIn(value)) {
      const filled = this.placeholders.fill(value, parsed.type === 'PLAIN', (message) =>
        this.complain(offset, message),
      );
      return { ...this.#scalar(offset, filled.value, filled.text), fromEnvironment: true };
    }
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return this.#scalar(offset, plain ? value : null, text);
  }

  #scalar(offset: number, value: ScalarNode['value'], text: string): ScalarNode {
    return {
      kind: 'scalar',
      source: this.source,
      offset,
      height: 1,
      size: 1,
      value,
      text,
      fromEnvironment: false,
    };
  }

  #list(offset: number, items: readonly DocumentNode[]): ListNode {
    return { kind: 'list', source: this.source, offset, items, ...measured(items) };
  }

  #map(offset: number, entries: ReadonlyMap<string, MapEntry>): MapNode {
    const values = [...entries.values()].map(({ value }) => value);
    return { kind: 'map', source: this.source, offset, entries, ...measured(values) };
  }
}

function measured(children: readonly DocumentNode[]): { readonly height: number; readonly size: number } {
  let height = 0;
  let size = 1;
  for (const child of children) {
    height = Math.max(height, child.height);
    size += child.size;
  }
  return { height: height + 1, size };
}

/** Keys and anchors are no secrets, but they may be long. */
function shortened(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 57)}…`;
}
