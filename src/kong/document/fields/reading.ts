import type { Environment } from '../../../contracts/environment.js';
import type { DocumentReport } from '../document-report.js';
import type { DocumentNode } from '../text/document-node.js';

/** What every field of a load may ask for. */
export interface ReadingScope {
  readonly report: DocumentReport;
  readonly environment: Environment;
  readonly strict: boolean;
  /** The id of a consumer of the files by its id or username. */
  readonly consumerId: (reference: string) => string | undefined;
}

/** A value was wrong, and the report says how. */
export const FAULT = Symbol('fault');
export type Fault = typeof FAULT;

/** One place while it is read: its path, and whether its value may be shown. */
export class Reading {
  constructor(
    readonly scope: ReadingScope,
    readonly path: string,
    readonly secret = false,
  ) {}

  member(name: string, secret = this.secret): Reading {
    return new Reading(this.scope, this.path === '' ? name : `${this.path}.${name}`, secret);
  }

  item(index: number): Reading {
    return new Reading(this.scope, `${this.path}[${index}]`, this.secret);
  }

  /** `port is "x"; must be a whole number, 0–65535.` */
  refuse(node: DocumentNode, allowed: string): Fault {
    return this.fail(node, `is ${shown(node, this.secret)}; must be ${allowed}.`);
  }

  /** `what` follows the field's name. */
  fail(node: DocumentNode, what: string): Fault {
    this.scope.report.problem(node, this.path, `${this.name} ${what}`);
    return FAULT;
  }

  warn(node: DocumentNode, what: string): void {
    this.scope.report.warn(node, this.path, `${this.name} ${what}`);
  }

  /** The last part of the path. */
  get name(): string {
    return this.path === '' ? 'the file' : this.path.slice(this.path.lastIndexOf('.') + 1);
  }
}

/** A value as a message shows it: short, on one line, and never one that is secret or came out of the environment. */
export function shown(node: DocumentNode, secret: boolean): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  if (node.value === null && !node.fromEnvironment) return 'null';
  if (node.fromEnvironment) return 'a value of the environment (not shown)';
  if (secret) return 'a value that is not shown';
  if (typeof node.value !== 'string') return node.text.length > 60 ? `${node.text.slice(0, 57)}…` : node.text;
  return node.value.length > 60 ? JSON.stringify(`${node.value.slice(0, 57)}…`) : JSON.stringify(node.value);
}
