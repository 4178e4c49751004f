import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import { readReference } from '../contracts/environment.js';
import type { Target } from '../contracts/forwarder.js';
import { checkOptions, show, wholeNumber } from '../contracts/option-check.js';
import {
  type EnvReference,
  isEnvReference,
  type TargetOption,
  type UpstreamOptions,
} from '../contracts/upstream-definition.js';
import { parseTargetUrl } from './target-url.js';

const WEIGHT = wholeNumber(0, 1_000);
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface ResolvedTargets {
  readonly targets: readonly Target[];
  readonly problems: readonly ConfigProblem[];
}

/** Makes targets of what an upstream declares, or lists every mistake in it. */
export function resolveTargets(
  where: string,
  declared: UpstreamOptions['targets'],
  environment: Environment,
): ResolvedTargets {
  const targets: Target[] = [];
  const problems: ConfigProblem[] = [];
  const report = (message: string): void => void problems.push({ where, message });

  const { label, options } = spreadOut(declared, environment, report);
  for (const [index, option] of options.entries()) {
    const name = options.length === 1 ? label : `${label}[${index}]`;
    const target = resolveTarget(name, option, report);
    if (target === undefined) continue;
    const twin = targets.some(({ id }) => id === target.id);
    if (twin) report(`${name} is ${target.id} once more; list a target once and give it a weight.`);
    else targets.push(target);
  }
  if (problems.length === 0 && targets.every(({ weight }) => weight === 0)) {
    report(
      `${label} ${targets.length === 0 ? 'is empty' : 'all have weight 0'}; at least one must take calls.`,
    );
  }
  return { targets: Object.freeze(targets), problems };
}

/** The three ways to declare targets as one list, and how a message names it. */
function spreadOut(
  declared: unknown,
  environment: Environment,
  report: (message: string) => void,
): { label: string; options: readonly TargetOption[] } {
  if (typeof declared === 'string') return { label: 'targets', options: splitList(declared) };
  if (Array.isArray(declared)) return { label: 'targets', options: declared as readonly TargetOption[] };
  if (!isEnvReference(declared)) {
    report(
      `targets is ${show(declared)}; must be a URL, a list of them, or env('NAME', 'http://host:port').`,
    );
    return { label: 'targets', options: [] };
  }
  const label = String(declared.variable);
  return { label, options: readVariable(declared, environment, report) };
}

function readVariable(
  reference: EnvReference,
  environment: Environment,
  report: (message: string) => void,
): readonly string[] {
  if (typeof reference.variable !== 'string' || !VARIABLE.test(reference.variable)) {
    report(`targets refers to ${show(reference.variable)}; must be the name of an environment variable.`);
    return [];
  }
  const value = readReference(reference, environment);
  if (value === undefined) {
    report(`${reference.variable} is not set and has no fallback; set it to http://host:port.`);
    return [];
  }
  return splitList(value);
}

const splitList = (value: string): readonly string[] =>
  value
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');

function resolveTarget(name: string, option: unknown, report: (message: string) => void): Target | undefined {
  const { url, weight } = typeof option === 'string' ? { url: option, weight: 1 } : urlAndWeight(option);
  if (typeof url !== 'string') {
    report(`${name} is ${show(option)}; must be a URL or { url, weight }.`);
    return undefined;
  }
  for (const problem of typeof option === 'string' ? [] : checkOptions('', name, option, TARGET_RULES)) {
    report(problem.message);
  }
  const address = parseTargetUrl(url);
  if (typeof address === 'string') {
    report(`${name} ${address}`);
    return undefined;
  }
  const { host, port, tls } = address;
  const id = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return Object.freeze({ id, host, port, tls, weight: weight as number });
}

const TARGET_RULES = {
  url: (value: unknown) => (typeof value === 'string' ? undefined : 'a URL'),
  weight: WEIGHT,
};

function urlAndWeight(option: unknown): { url?: unknown; weight?: unknown } {
  if (typeof option !== 'object' || option === null) return {};
  const { url, weight = 1 } = option as { url?: unknown; weight?: unknown };
  return { url, weight };
}
