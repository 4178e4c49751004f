import type { Policy } from '../../../src/contracts/policy.js';
import { type DocumentedFunction, SourceComments } from './source-comments.js';
import { optionTable } from './tables.js';

/** Where a policy's words stand: its decorators, and the type of its options with its file. */
interface PolicySources {
  readonly decorators: string;
  readonly options: readonly [file: string, type: string];
  /** Types of single options, in the same file, that have comments of their own. */
  readonly types?: readonly string[];
  /** Types of groups of options, each with a table of its own. */
  readonly groups?: readonly (readonly [file: string, type: string])[];
}

/** One row per policy; a policy without a row has no document, which a test refuses. */
export const POLICY_SOURCES: Readonly<Record<string, PolicySources>> = {
  cors: {
    decorators: 'src/policies/cors/cors.decorator.ts',
    options: ['src/policies/cors/cors.options.ts', 'CorsOptions'],
  },
  'ip-restriction': {
    decorators: 'src/policies/ip-restriction/ip-restriction.decorator.ts',
    options: ['src/policies/ip-restriction/ip-restriction.options.ts', 'IpRestrictionOptions'],
  },
  'body-limit': {
    decorators: 'src/policies/body-limit/body-limit.decorator.ts',
    options: ['src/policies/body-limit/body-limit.options.ts', 'BodyLimitOptions'],
    types: ['BodySize'],
  },
  authenticate: {
    decorators: 'src/policies/authenticate/authenticate.decorator.ts',
    options: ['src/policies/authenticate/jwt/jwt.options.ts', 'JwtOptions'],
  },
  authorize: {
    decorators: 'src/policies/authorize/authorize.decorator.ts',
    options: ['src/policies/authorize/authorize.options.ts', 'AuthorizeOptions'],
    types: ['AuthorizeRule'],
  },
  'external-authorization': {
    decorators: 'src/policies/external-authorization/external-authorization.decorator.ts',
    options: [
      'src/policies/external-authorization/external-authorization.options.ts',
      'ExternalAuthorizationOptions',
    ],
  },
  'admission-limit': {
    decorators: 'src/policies/rate-limit/admission-limit.decorator.ts',
    options: ['src/policies/rate-limit/admission-limit.options.ts', 'AdmissionLimitOptions'],
    types: ['AdmissionLimitBy'],
  },
  'rate-limit': {
    decorators: 'src/policies/rate-limit/rate-limit.decorator.ts',
    options: ['src/policies/rate-limit/rate-limit.options.ts', 'RateLimitOptions'],
    types: [
      'RateLimitWindow',
      'RateLimitBy',
      'RateLimitQuota',
      'RateLimitCost',
      'RateLimitPlan',
      'RateLimitFieldWriter',
      'RateLimitStanding',
    ],
  },
  'concurrency-limit': {
    decorators: 'src/policies/rate-limit/concurrency-limit.decorator.ts',
    options: ['src/policies/rate-limit/concurrency-limit.options.ts', 'ConcurrencyLimitOptions'],
  },
  websocket: {
    decorators: 'src/policies/websocket/websocket.decorator.ts',
    options: ['src/policies/websocket/websocket.options.ts', 'WebSocketOptions'],
  },
  terminate: {
    decorators: 'src/policies/terminate/terminate.decorator.ts',
    options: ['src/policies/terminate/terminate.options.ts', 'TerminateOptions'],
  },
  timeout: {
    decorators: 'src/policies/timeout/timeout.decorator.ts',
    options: ['src/contracts/upstream-definition.ts', 'TimeoutOptions'],
  },
  'transform-request': {
    decorators: 'src/policies/transform-request/transform-request.decorator.ts',
    options: ['src/policies/transform-request/transform-request.options.ts', 'TransformRequestOptions'],
    groups: [
      ['src/contracts/field-edits.ts', 'FieldEdits'],
      ['src/policies/transform-request/transform-request.options.ts', 'BodyEdits'],
    ],
  },
  'forward-identity': {
    decorators: 'src/policies/forward-identity/forward-identity.decorator.ts',
    options: ['src/policies/forward-identity/forward-identity.options.ts', 'ForwardIdentityOptions'],
  },
  'filter-response': {
    decorators: 'src/policies/filter-response/filter-response.decorator.ts',
    options: ['src/policies/filter-response/filter-response.options.ts', 'FilterResponseOptions'],
  },
  'transform-response': {
    decorators: 'src/policies/transform-response/transform-response.decorator.ts',
    options: ['src/policies/transform-response/transform-response.options.ts', 'TransformResponseOptions'],
    groups: [
      ['src/contracts/field-edits.ts', 'FieldEdits'],
      ['src/policies/transform-response/json-edits.options.ts', 'JsonEdits'],
    ],
  },
  'security-headers': {
    decorators: 'src/policies/security-headers/security-headers.decorator.ts',
    options: ['src/policies/security-headers/security-headers.options.ts', 'SecurityHeadersOptions'],
  },
  'log-requests': {
    decorators: 'src/policies/log-requests/log-requests.decorator.ts',
    options: ['src/policies/log-requests/log-requests.options.ts', 'LogRequestsOptions'],
    groups: [
      ['src/policies/log-requests/log-requests.options.ts', 'RequestFileOptions'],
      ['src/policies/log-requests/log-requests.options.ts', 'RequestCollectorOptions'],
      ['src/policies/log-requests/log-requests.options.ts', 'RecordQueueOptions'],
      ['src/policies/log-requests/log-requests.options.ts', 'RecordRedaction'],
    ],
  },
  'measure-requests': {
    decorators: 'src/policies/log-requests/measure-requests.decorator.ts',
    options: ['src/policies/log-requests/measure-requests.options.ts', 'MeasureRequestsOptions'],
  },
};

/** Writes `policy NAME`: its stage, its decorators and its options, from the policy itself and its comments. */
export function policyRegion(policies: ReadonlyMap<string, Policy>): (name?: string) => string {
  return (name = '') => {
    const policy = policies.get(name);
    const sources = POLICY_SOURCES[name];
    if (policy === undefined || sources === undefined) throw new TypeError(`There is no policy "${name}".`);
    const comments = new SourceComments(sources.options[0]);
    const decorators = new SourceComments(sources.decorators).functions();
    const parts = [
      `Stage: **${policy.stage({})}**.`,
      ...decorators.map(decoratorText),
      ...[sources.options, ...(sources.groups ?? [])].flatMap(groupText),
      ...(sources.types ?? []).map((name) => `\`${name}\`: ${comments.comment(name)}`),
    ];
    return parts.join('\n\n');
  };
}

function groupText([file, type]: readonly [file: string, type: string]): string[] {
  const comments = new SourceComments(file);
  return [`\`${type}\`: ${comments.comment(type)}`.replace(/: $/, ':'), optionTable(comments.options(type))];
}

function decoratorText({ signature, paragraphs, example }: DocumentedFunction): string {
  const text = [`**\`@${signature}\`**`, ...paragraphs].join('\n\n');
  return example === undefined ? text : `${text}\n\n\`\`\`ts\n${example}\n\`\`\``;
}
