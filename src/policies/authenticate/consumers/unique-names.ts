import type { ConfigProblem } from '../../../contracts/config-problem.js';

/** What consumers and credentials are found by. */
export type NameKind = 'consumer id' | 'API key id' | 'digest' | 'username' | 'certificate id';

/**
 * Sees that whatever a consumer or a credential is found by stands once, among all sources together: with two of a kind
 * it would be chance whose it is. Only places are told, never the names.
 */
export class UniqueNames {
  readonly problems: ConfigProblem[] = [];
  readonly #places = new Map<string, { readonly source: string; readonly path: string }>();

  add(kind: NameKind, name: string, source: string, path: string): void {
    const key = `${kind} ${name}`;
    const first = this.#places.get(key);
    if (first === undefined) {
      this.#places.set(key, { source, path });
      return;
    }
    const elsewhere = first.source === source ? '' : ` in ${first.source}`;
    this.problems.push({
      where: source,
      message: `${path} has the ${kind} of ${first.path}${elsewhere}; each may stand once.`,
    });
  }
}
