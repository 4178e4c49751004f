import { Refusal } from './refusal.js';

/**
 * The refusals of a method that takes bearer tokens, each made once, with the challenge of RFC 6750, section 3.
 *
 * @param details the sentence the client reads for each reason, without quote and backslash; `missing` stands for no token
 * @param requestFaults reasons that are faults of the request rather than of a token (section 3.1)
 */
export function bearerRefusals<Reason extends string>(
  details: Readonly<Record<Reason | 'missing', string>>,
  realm: string | undefined,
  requestFaults: ReadonlySet<Reason> = new Set(),
): Readonly<Record<Reason | 'missing', Refusal>> {
  const named = realm === undefined ? [] : [`realm="${realm}"`];
  const made = (Object.entries(details) as [Reason | 'missing', string][]).map(([reason, detail]) => {
    const missing = reason === 'missing';
    const code = requestFaults.has(reason as Reason) ? 'invalid_request' : 'invalid_token';
    // Section 3.1: a request without a token is told how to authenticate, but no error.
    const error = missing ? [] : [`error="${code}"`, `error_description="${detail}"`];
    const parts = [...named, ...error].join(', ');
    return [reason, new Refusal(missing, detail, [parts === '' ? 'Bearer' : `Bearer ${parts}`])];
  });
  return Object.freeze(Object.fromEntries(made)) as Readonly<Record<Reason | 'missing', Refusal>>;
}
