import { checkHeaderName, checkHeaderValue } from '../../contracts/forward-call.js';
import {
  anyObject,
  checkedElsewhere,
  checkOptions,
  type OptionRule,
  type OptionRules,
  show,
  trueOrFalse,
  wholeNumber,
} from '../../contracts/option-check.js';
import { SecretText } from '../../contracts/secret-text.js';
import {
  type LogRequestsOptions,
  type RecordQueueOptions,
  type RecordRedaction,
  type RequestCollectorOptions,
  type RequestFileOptions,
  revealed,
} from './log-requests.options.js';

/** The longest time a timer of Node takes. */
const LONGEST_MS = 2_147_483_647;

const aText: OptionRule = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a text');
const aFunction: OptionRule = (value) => (typeof value === 'function' ? undefined : 'a function');
const names: OptionRule = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')
    ? undefined
    : 'a list of names';

const RULES: OptionRules<LogRequestsOptions> = {
  file: checkedElsewhere,
  http: checkedElsewhere,
  redact: checkedElsewhere,
  route: (value) => (value === 'none' ? undefined : anyObject(value)),
  service: anyObject,
  requestId: aFunction,
  id: aText,
};
const FILE_RULES: OptionRules<RequestFileOptions> = { path: aText, reopen: trueOrFalse };
const METHODS = ['POST', 'PUT', 'PATCH'];
const HTTP_RULES: OptionRules<RequestCollectorOptions> = {
  url: checkedElsewhere,
  method: (value) => (METHODS.includes(value as string) ? undefined : METHODS.join(', ')),
  contentType: aText,
  timeoutMs: wholeNumber(1, LONGEST_MS),
  keepAliveMs: wholeNumber(0, LONGEST_MS),
  headers: checkedElsewhere,
  queue: checkedElsewhere,
};
const QUEUE_RULES: OptionRules<RecordQueueOptions> = {
  maxBatchSize: wholeNumber(1, 1_000_000),
  maxDelayMs: wholeNumber(0, LONGEST_MS),
  maxEntries: wholeNumber(1, 1_000_000),
  maxBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  maxRetryMs: wholeNumber(0, LONGEST_MS),
  firstRetryDelayMs: wholeNumber(1, LONGEST_MS),
  maxRetryDelayMs: wholeNumber(1, LONGEST_MS),
  concurrency: (value) => (value === 1 || value === 'unlimited' ? undefined : "1 or 'unlimited'"),
};
const REDACT_RULES: OptionRules<RecordRedaction> = {
  headers: names,
  query: names,
  cookies: (value) =>
    value === 'all' || names(value) === undefined ? undefined : "'all' or a list of names",
};

/** Everything wrong with a declaration, in plain words. */
export function logRequestsProblems(given: LogRequestsOptions): readonly string[] {
  const problems = checkOptions('', '', given, RULES).map(({ message }) => message);
  if (typeof given !== 'object' || given === null) return problems;
  const { file, http, redact } = given;
  if (file === undefined && http === undefined)
    problems.push('nothing says where to log; give file or http.');
  const group = <T>(name: string, value: T | undefined, rules: OptionRules<T>): void => {
    if (value !== undefined)
      problems.push(...checkOptions('', name, value, rules).map(({ message }) => message));
  };
  group('file', file, FILE_RULES);
  if (anyObject(file) === undefined && file?.path === undefined)
    problems.push('file.path is undefined; must be a text.');
  group('http', http, HTTP_RULES);
  if (http !== undefined && anyObject(http) === undefined) {
    problems.push(...urlProblems(http.url), ...headerProblems(http.headers));
    group('http.queue', http.queue, QUEUE_RULES);
  }
  group('redact', redact, REDACT_RULES);
  return problems;
}

/** Nothing of the address is repeated: it may hold a password. */
function urlProblems(url: unknown): readonly string[] {
  const text = typeof url === 'string' || url instanceof SecretText ? revealed(url) : '';
  if (!URL.canParse(text)) return ['http.url is no URL; must be an absolute one.'];
  return ['http:', 'https:'].includes(new URL(text).protocol)
    ? []
    : ['http.url must begin with https:// or http://.'];
}

function headerProblems(headers: RequestCollectorOptions['headers']): readonly string[] {
  if (headers === undefined) return [];
  if (anyObject(headers) !== undefined)
    return [`http.headers is ${show(headers)}; must be an object of headers.`];
  return Object.entries(headers).flatMap(([name, value]) => {
    try {
      checkHeaderName(name);
    } catch (error) {
      return [`http.headers: ${(error as Error).message}`];
    }
    try {
      checkHeaderValue(name, revealed(value));
      return [];
    } catch {
      return [`http.headers.${name} must be a text that a header may carry.`];
    }
  });
}
