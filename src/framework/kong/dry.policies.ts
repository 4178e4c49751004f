import { ConfigError } from '../../contracts/config-problem.js';
import type { CompiledPolicy } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { PolicyCompiler } from '../../kong/plugins/kong-plugin.js';
import { LOG_REQUESTS } from '../../policies/log-requests/log-requests.options.js';
import { logRequestsProblems } from '../../policies/log-requests/log-requests.rules.js';
import {
  MEASURE_REQUESTS,
  measureRequestsProblems,
} from '../../policies/log-requests/measure-requests.options.js';
import { RATE_LIMIT } from '../../policies/rate-limit/rate-limit.options.js';
import { rateLimitProblems } from '../../policies/rate-limit/rate-limit.rules.js';
import { TRANSFORM_REQUEST } from '../../policies/transform-request/transform-request.decorator.js';
import { checkTransformRequest } from '../../policies/transform-request/transform-request.options.js';
import { TRANSFORM_RESPONSE } from '../../policies/transform-response/transform-response.decorator.js';
import { checkTransformResponse } from '../../policies/transform-response/transform-response.options.js';

/** Each knows the options of its own policy. */
type Rule = (options: never, facts: RouteFacts) => readonly string[];

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [RATE_LIMIT, rateLimitProblems],
  [TRANSFORM_REQUEST, checkTransformRequest],
  [TRANSFORM_RESPONSE, checkTransformResponse],
  [LOG_REQUESTS, logRequestsProblems],
  [MEASURE_REQUESTS, measureRequestsProblems],
]);

/**
 * Finds options unsound as the policies would, and opens nothing: no file, no connection. What depends on the machine,
 * such as whether a log may be written there, only a start shows.
 */
export class DryPolicies implements PolicyCompiler {
  compile(policy: string, options: unknown, facts: RouteFacts): CompiledPolicy {
    const rule = RULES.get(policy);
    if (rule === undefined) throw new TypeError(`Nothing checks the policy ${policy} dry.`);
    const problems = rule(options as never, facts);
    if (problems.length > 0) {
      throw new ConfigError(problems.map((message) => ({ where: facts.handler, message })));
    }
    return {};
  }
}
