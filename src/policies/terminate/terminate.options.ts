import { checkHeaderName } from '../../contracts/forward-call.js';
import { checkOptions, type OptionRules, trueOrFalse, wholeNumber } from '../../contracts/option-check.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const TERMINATE = 'terminate';

/** What a route answers by itself; every part is optional. */
export interface TerminateOptions {
  /** 200–599. Default 503. */
  readonly status?: number;
  /** A sentence for the client, as the problem document's `detail`; for statuses from 400 on. Default none. */
  readonly message?: string;
  /** The answer's body to the letter. Default a problem document; nothing below 400. */
  readonly body?: string;
  /** What `body` is. Default `text/plain; charset=utf-8`. */
  readonly contentType?: string;
  /**
   * Whether the answer tells, as JSON, what the request was when it came here: for finding out what proxies in front make
   * of it. `Authorization`, `Proxy-Authorization` and `Cookie` are not told. Default false.
   */
  readonly echo?: boolean;
  /** A header field or query parameter: requests that carry it are answered, all others run. Default: all are answered. */
  readonly trigger?: string;
}

export const TERMINATE_DEFAULTS = {
  status: 503,
  contentType: 'text/plain; charset=utf-8',
  echo: false,
} as const;

const RULES: OptionRules<TerminateOptions> = {
  status: wholeNumber(200, 599),
  message: someText,
  body: (value) => (typeof value === 'string' ? undefined : 'text'),
  contentType: (value) =>
    typeof value === 'string' && /^[\x21-\x7e][\x20-\x7e]*$/.test(value) ? undefined : 'a media type',
  echo: trueOrFalse,
  trigger: headerName,
};

/** Problems of a declaration in plain words; empty when it is sound. */
export function checkTerminate(options: TerminateOptions): readonly string[] {
  const problems = checkOptions<TerminateOptions>('', '', options, RULES).map(({ message }) => message);
  if (problems.length > 0) return problems;
  const { status = TERMINATE_DEFAULTS.status, message, body, contentType, echo = false } = options;
  if (isBodiless(status) && (message !== undefined || body !== undefined || echo)) {
    problems.push(`status is ${status}, which carries no body; leave out message, body and echo.`);
  } else if (message !== undefined && status < 400 && !echo) {
    problems.push(
      `message stands with status ${status}; it is for problem documents, so for statuses from 400 on: use body.`,
    );
  }
  if (body !== undefined && (message !== undefined || echo)) {
    problems.push('body is the whole answer; leave out message and echo, or leave out body.');
  }
  if (contentType !== undefined && body === undefined) {
    problems.push('contentType says what body is, and there is none; give body, or leave it out.');
  }
  return problems;
}

/** RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5. */
function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function someText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? undefined : 'text';
}

function headerName(value: unknown): string | undefined {
  try {
    checkHeaderName(value as string);
    return undefined;
  } catch {
    return 'a name that a header field can have';
  }
}
