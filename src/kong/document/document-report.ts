import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { KongPlace } from '../kong-configuration.js';
import { placeText } from '../place-text.js';
import type { DocumentNode } from './text/document-node.js';
import type { DocumentSource } from './text/document-source.js';

/** Something to say about one place of a file, in one sentence or two. */
export interface KongFinding {
  readonly place: KongPlace;
  readonly message: string;
}

/** Beyond these nobody reads on, and a file made to fill the memory stops doing so. */
const MOST = 1_000;

/** Collects what is wrong and what is worth knowing while files are read, each with its place. */
export class DocumentReport {
  readonly #problems = new FindingList();
  readonly #warnings = new FindingList();

  problem(node: DocumentNode, path: string, message: string): void {
    this.#problems.add(node.source, node.offset, path, message);
  }

  problemAt(source: DocumentSource, offset: number, path: string, message: string): void {
    this.#problems.add(source, offset, path, message);
  }

  warn(node: DocumentNode, path: string, message: string): void {
    this.#warnings.add(node.source, node.offset, path, message);
  }

  /** Nobody will read more of them, so nothing costly needs to be said about the next. */
  get full(): boolean {
    return this.#problems.count >= MOST;
  }

  get sound(): boolean {
    return this.#problems.count === 0;
  }

  /** In the order in which they stand in the files. */
  get problems(): KongFinding[] {
    return this.#problems.sorted('mend these first');
  }

  get warnings(): KongFinding[] {
    return this.#warnings.sorted('look at these first');
  }
}

/** How a finding reads where every configuration problem is told: `kong.yml:12:5 services[0].port`. */
export function findingProblem({ place, message }: KongFinding): ConfigProblem {
  return { where: `${placeText(place)} ${place.path}`.trimEnd(), message };
}

export function placeOf(node: DocumentNode, path: string): KongPlace {
  return { file: node.source.name, ...node.source.positionAt(node.offset), path };
}

class FindingList {
  readonly #found: { readonly order: readonly [number, number]; readonly finding: KongFinding }[] = [];
  count = 0;

  add(source: DocumentSource, offset: number, path: string, message: string): void {
    this.count++;
    if (this.#found.length >= MOST) return;
    const place = { file: source.name, ...source.positionAt(offset), path };
    this.#found.push({ order: [source.index, offset], finding: { place, message } });
  }

  sorted(advice: string): KongFinding[] {
    const inOrder = this.#found.toSorted(
      (one, other) => one.order[0] - other.order[0] || one.order[1] - other.order[1],
    );
    const findings = inOrder.map(({ finding }) => finding);
    const last = findings.at(-1);
    if (this.count > MOST && last !== undefined) {
      findings.push({ place: last.place, message: `${this.count - MOST} more are not shown; ${advice}.` });
    }
    return findings;
  }
}
