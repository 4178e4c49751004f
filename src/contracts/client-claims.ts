import { CLIENT_HEADER_RULES } from './client-header.rules.js';
import { IdentityHeaders } from './identity-headers.js';

/** Names of rules that take a field away from clients, because they are believed in it by nobody. */
const DISBELIEVED: ReadonlySet<string> = new Set(['strip', 'ours']);

/** Knows the header names in which no client is believed: who calls, from where, and words between proxies. */
export class ClientClaims {
  readonly #exact = new Set<string>();
  readonly #prefixes: string[] = [];

  constructor(identity: IdentityHeaders = new IdentityHeaders()) {
    for (const { name, rule } of CLIENT_HEADER_RULES) if (DISBELIEVED.has(rule)) this.#add(name);
    identity.follow((name) => this.#add(name));
  }

  /** @param name lower-case; `_` counts as `-`, as it does for upstreams that read headers as CGI variables */
  has(name: string): boolean {
    return this.#lists(name) || (name.includes('_') && this.#lists(name.replaceAll('_', '-')));
  }

  #add(name: string): void {
    if (name.endsWith('*')) this.#prefixes.push(name.slice(0, -1));
    else this.#exact.add(name);
  }

  #lists(name: string): boolean {
    return this.#exact.has(name) || this.#prefixes.some((prefix) => name.startsWith(prefix));
  }
}
