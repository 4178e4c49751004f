import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Exchange } from '../../contracts/exchange.js';
import {
  type CompiledPolicy,
  type Dress,
  type Policy,
  type PolicyDeclaration,
  type ResponseStage,
  STAGES,
  type Stage,
} from '../../contracts/policy.js';
import type { AccessRequirement } from '../../contracts/route-access.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { PlannedPolicy, PlannedPreflight } from '../../routing/planned-route.js';

/** The one declaration per policy that counts on a route. */
export type ResolvedPolicies = ReadonlyMap<string, PolicyDeclaration>;

/**
 * The nearest declaration of each policy wins and is taken whole. Two of one policy at one level are a mistake.
 *
 * @param levels nearest first: the method, the controller, what it extends, the enhancers, the gateway
 */
export function resolvePolicies(
  levels: readonly (readonly PolicyDeclaration[])[],
  where: string,
  problems: ConfigProblem[],
): ResolvedPolicies {
  const resolved = new Map<string, PolicyDeclaration>();
  for (const level of levels) {
    const here = new Map<string, PolicyDeclaration>();
    for (const declaration of level) {
      if (here.has(declaration.policy)) {
        problems.push({
          where,
          message: `${declaration.writtenAs} stands twice at the same place; keep one.`,
        });
      }
      here.set(declaration.policy, declaration);
    }
    for (const [name, declaration] of here) if (!resolved.has(name)) resolved.set(name, declaration);
  }
  return resolved;
}

/** A route's policies as stages, in the order of the request path. */
export interface RoutePipeline {
  readonly before: readonly Stage[];
  readonly after: readonly ResponseStage[];
  readonly dress: Dress | undefined;
  readonly preflight: PlannedPreflight | undefined;
  readonly requirements: readonly AccessRequirement[];
  readonly policies: readonly PlannedPolicy[];
  readonly exceptions: readonly string[];
}

/** Compiles the policies of one route; every mistake goes to `problems` and its policy is left out. */
export function compilePolicies(
  resolved: ResolvedPolicies,
  known: ReadonlyMap<string, Policy>,
  facts: RouteFacts,
  problems: ConfigProblem[],
): RoutePipeline {
  const compiled: PolicyInPlace[] = [];
  const exceptions: string[] = [];
  const order = [...known.keys()];
  for (const [name, declaration] of resolved) {
    if (declaration.options === undefined) {
      exceptions.push(declaration.reason === undefined ? `no ${name}` : `no ${name}: ${declaration.reason}`);
      continue;
    }
    const policy = known.get(name);
    if (policy === undefined) {
      problems.push({
        where: facts.handler,
        message: `${declaration.writtenAs} declares the policy "${name}", which nothing enforces; register it in GatewayModule.forRoot({ policies }).`,
      });
      continue;
    }
    const found = policy.check(declaration.options, facts);
    for (const message of found)
      problems.push({ where: facts.handler, message: `${declaration.writtenAs}: ${message}` });
    if (found.length > 0) continue;
    const stage = policy.stage(declaration.options);
    const result = policy.compile(declaration.options, facts);
    const planned = {
      name,
      stage,
      description: policy.describe(declaration.options),
      bufferLimitBytes: result.bufferLimitBytes,
    };
    compiled.push({
      planned,
      policy: result,
      requirements: policy.access?.(declaration.options) ?? [],
      order: STAGES.indexOf(stage) * order.length + order.indexOf(name),
    });
  }
  compiled.sort((a, b) => a.order - b.order);
  // First of all: whatever ends the exchange, its end is told.
  const logs = compiled.flatMap(({ policy }) => (policy.log === undefined ? [] : [atTheEnd(policy.log)]));
  return {
    before: [...logs, ...compiled.flatMap(({ policy }) => policy.before ?? [])],
    after: compiled.flatMap(({ policy }) => policy.after ?? []),
    dress: dressOf(compiled),
    preflight: preflightOf(compiled, logs),
    requirements: compiled.flatMap(({ requirements }) => requirements),
    policies: compiled.map(({ planned }) => planned),
    exceptions,
  };
}

interface PolicyInPlace {
  readonly planned: PlannedPolicy;
  readonly policy: CompiledPolicy;
  readonly requirements: readonly AccessRequirement[];
  readonly order: number;
}

function atTheEnd(log: (exchange: Exchange) => void): Stage {
  return (exchange) => exchange.atEnd(() => log(exchange));
}

function dressOf(compiled: readonly PolicyInPlace[]): Dress | undefined {
  const all = compiled.flatMap(({ policy }) => policy.dress ?? []);
  if (all.length < 2) return all[0];
  return (exchange, headers) => all.reduce((fields, dress) => dress(exchange, fields), headers);
}

/** The answer to a preflight is one policy's alone; what the others put on answers goes on it too. */
function preflightOf(
  compiled: readonly PolicyInPlace[],
  logs: readonly Stage[],
): PlannedPreflight | undefined {
  const answer = compiled.find(({ policy }) => policy.preflight !== undefined)?.policy.preflight;
  if (answer === undefined) return undefined;
  const before = [...logs, ...compiled.flatMap(({ policy }) => policy.beforePreflight ?? [])];
  return { before, answer, dress: dressOf(compiled.filter(({ policy }) => policy.preflight === undefined)) };
}
