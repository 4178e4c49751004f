import type { UpstreamDefinition, UpstreamOptions } from '../contracts/upstream-definition.js';

/**
 * Declares an upstream. The result is its one spelling: it names the upstream in `@ProxyController`,
 * `@InjectUpstream`, `@InjectBreaker` and `UpstreamModule.forFeature`.
 *
 * Nothing is checked or opened here; boot lists every problem of every upstream at once.
 *
 * @param name lower-case letters, digits and dashes; what clients, logs and metrics see instead of an address
 */
export function defineUpstream(name: string, options: UpstreamOptions): UpstreamDefinition {
  return Object.freeze({ name, options: Object.freeze({ ...options }) });
}
