import { Inject, Injectable } from '@nestjs/common';
import type { Policy, PolicyDeclaration } from '../../contracts/policy.js';
import { ThrottlerReader } from '../../policies/rate-limit/throttler/throttler.reader.js';

/** Injects the list of every Policy of this gateway, in the order they run inside one stage. */
export const POLICIES = Symbol('portcullis.policies');

/** Injects the declarations that hold for every proxy route unless a nearer one replaces them. */
export const GLOBAL_DECLARATIONS = Symbol('portcullis.global-declarations');

/** The policies this gateway knows, and what holds on every route. */
@Injectable()
export class PolicyCatalogue {
  readonly byName: ReadonlyMap<string, Policy>;
  readonly globals: readonly PolicyDeclaration[];
  /** What routes get that declare nothing at all of a policy. */
  readonly defaults: readonly PolicyDeclaration[];

  constructor(
    @Inject(POLICIES) policies: readonly Policy[],
    @Inject(GLOBAL_DECLARATIONS) globals: readonly PolicyDeclaration[],
    readonly throttlers: ThrottlerReader,
  ) {
    this.byName = new Map(policies.map((policy) => [policy.name, policy]));
    this.globals = globals;
    this.defaults = policies
      .filter((policy) => policy.defaultOptions !== undefined)
      .map((policy) => ({
        policy: policy.name,
        options: policy.defaultOptions,
        writtenAs: `the ${policy.name} default`,
      }));
  }
}
