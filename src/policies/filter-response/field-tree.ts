/** Dotted paths as a tree, built at boot: one node per field, its children in two parallel lists and a map. */
export class FieldTree {
  /** A path ends here: the field is meant with all that is in it. */
  whole = false;
  /** For walking over the named fields. */
  readonly names: string[] = [];
  readonly nodes: FieldTree[] = [];
  /** For looking up a field that was found. A Map, so that `__proto__` and `constructor` are names like any other. */
  readonly byName = new Map<string, FieldTree>();

  static of(paths: readonly string[]): FieldTree {
    const root = new FieldTree();
    for (const path of paths) {
      let node = root;
      for (const name of path.split('.')) node = node.#child(name);
      node.whole = true;
    }
    return root;
  }

  #child(name: string): FieldTree {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const node = new FieldTree();
    this.names.push(name);
    this.nodes.push(node);
    this.byName.set(name, node);
    return node;
  }
}
