import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Environment } from '../../contracts/environment.js';
import {
  anyObject,
  checkedElsewhere,
  checkOptions,
  type OptionRules,
  show,
  trueOrFalse,
} from '../../contracts/option-check.js';
import {
  UPSTREAM_PROTOCOLS,
  type UpstreamDefinition,
  type UpstreamOptions,
  type UpstreamProtocol,
} from '../../contracts/upstream-definition.js';
import { checkBreaker, resolveBreaker } from '../../resilience/breaker.options.js';
import { checkRetry, resolveRetry } from '../../resilience/retry.options.js';
import { checkTimeouts, resolveTimeouts } from '../../resilience/timeout.options.js';
import { resolveTargets } from '../../targets/resolve-targets.js';
import { checkDns, resolveDns } from './dns.options.js';
import { checkPool, resolvePool } from './pool.options.js';
import { resolveTls } from './tls.options.js';
import type { UpstreamSettings } from './upstream.settings.js';

/** Lower-case and dashes: the name stands in metrics, logs and problem documents as it is. */
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

const RULES: OptionRules<UpstreamOptions> = {
  targets: checkedElsewhere,
  protocol: (value) =>
    UPSTREAM_PROTOCOLS.includes(value as UpstreamProtocol)
      ? undefined
      : `one of ${UPSTREAM_PROTOCOLS.map(show).join(', ')}`,
  timeout: checkedElsewhere,
  breaker: checkedElsewhere,
  retry: checkedElsewhere,
  pool: checkedElsewhere,
  tls: checkedElsewhere,
  dns: checkedElsewhere,
  proxy: anyObject,
  critical: trueOrFalse,
};

/** The settings of an upstream, or every mistake in its definition. */
export type ResolvedUpstream =
  | { readonly settings: UpstreamSettings; readonly problems: readonly [] }
  | { readonly settings: undefined; readonly problems: readonly ConfigProblem[] };

export function resolveUpstream(definition: UpstreamDefinition, environment: Environment): ResolvedUpstream {
  const { name, options } = definition;
  const where = typeof name === 'string' && name !== '' ? name : 'defineUpstream';
  const problems: ConfigProblem[] = [];
  if (typeof name !== 'string' || !NAME.test(name)) {
    const allowed = 'a lower-case letter and up to 62 more letters, digits or dashes';
    problems.push({ where, message: `the name is ${show(name)}; must be ${allowed}.` });
  }
  problems.push(...checkOptions(where, '', options, RULES));
  if (typeof options !== 'object' || options === null) return { settings: undefined, problems };

  const { protocol = 'http1', timeout, breaker, retry, pool, tls, dns, proxy, critical = false } = options;
  const { targets, problems: targetProblems } = resolveTargets(where, options.targets, environment);
  problems.push(...targetProblems);
  if (timeout !== undefined) problems.push(...checkTimeouts(where, timeout));
  if (breaker !== undefined && breaker !== false) problems.push(...checkBreaker(where, breaker));
  if (retry !== undefined && retry !== false) problems.push(...checkRetry(where, retry));
  if (pool !== undefined) problems.push(...checkPool(where, pool));
  const { settings: tlsSettings, problems: tlsProblems } = resolveTls(where, tls, targets, environment);
  problems.push(...tlsProblems);
  if (dns !== undefined) problems.push(...checkDns(where, dns, targets));
  if (proxy !== undefined) problems.push(...unusedBesideProxy(where, options));
  if (problems.length > 0) return { settings: undefined, problems };

  const settings: UpstreamSettings = Object.freeze({
    name,
    targets,
    protocol,
    timeouts: resolveTimeouts(timeout),
    breaker: breaker === false ? undefined : resolveBreaker(breaker),
    retry: retry === false ? undefined : resolveRetry(retry),
    pool: resolvePool(pool),
    tls: tlsSettings,
    dns: resolveDns(dns),
    proxy,
    critical,
  });
  return { settings, problems: [] };
}

/** What only the built-in client acts on: silence would let a team believe that it is heeded. */
function unusedBesideProxy(where: string, options: UpstreamOptions): ConfigProblem[] {
  const problems = (['tls', 'dns'] as const)
    .filter((group) => options[group] !== undefined)
    .map((group) => ({
      where,
      message: `${group} has no effect beside proxy; give http-proxy-middleware an agent with it (proxy.agent), or leave proxy out.`,
    }));
  if (options.protocol !== undefined && options.protocol !== 'http1') {
    problems.push({
      where,
      message: 'protocol has no effect beside proxy, which speaks HTTP/1.1; leave one of them out.',
    });
  }
  return problems;
}
