import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Target } from '../../contracts/forwarder.js';
import {
  checkedElsewhere,
  checkOptions,
  type OptionRules,
  show,
  wholeNumber,
} from '../../contracts/option-check.js';
import type { DnsOptions } from '../../contracts/upstream-definition.js';
import { DeniedAddresses, denyProblem } from '../../targets/denied-addresses.js';

/** How an upstream's names are followed, with every default filled in. */
export interface DnsSettings {
  readonly refreshMs: number;
  /** `undefined` when every address may be connected to. */
  readonly denied: DeniedAddresses | undefined;
}

export const DNS_DEFAULTS: Required<DnsOptions> = Object.freeze({
  refreshMs: 5_000,
  deny: Object.freeze([]),
});

const RULES: OptionRules<DnsOptions> = {
  refreshMs: wholeNumber(100, 3_600_000),
  deny: checkedElsewhere,
};

export function resolveDns(given: DnsOptions = {}): DnsSettings {
  const { refreshMs = DNS_DEFAULTS.refreshMs, deny = DNS_DEFAULTS.deny } = given;
  return Object.freeze({ refreshMs, denied: deny.length === 0 ? undefined : new DeniedAddresses(deny) });
}

/** Every mistake in the options, and every target that they would never let the gateway connect to. */
export function checkDns(where: string, given: unknown, targets: readonly Target[]): ConfigProblem[] {
  const problems = checkOptions(where, 'dns', given, RULES);
  const deny = (given as DnsOptions | null)?.deny;
  if (deny === undefined) return problems;
  const report = (message: string): void => void problems.push({ where, message });
  if (!Array.isArray(deny)) {
    report(`dns.deny is ${show(deny)}; must be a list such as ['loopback', 'link-local'].`);
    return problems;
  }
  const wrong = deny.map((entry: unknown) => denyProblem(entry));
  for (const [index, problem] of wrong.entries()) {
    if (problem !== undefined) report(`dns.deny[${index}] is ${show(deny[index])}; ${problem}`);
  }
  if (wrong.some((problem) => problem !== undefined)) return problems;
  const denied = new DeniedAddresses(deny as string[]);
  for (const { id, host } of targets) {
    if (denied.has(host)) report(`targets names ${id}, which dns.deny refuses; take one of them out.`);
  }
  return problems;
}
