import { EarlyAnswer } from '../../contracts/early-answer.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { Stage } from '../../contracts/policy.js';
import { queryValues } from '../../contracts/query-parameters.js';
import { headerValue } from '../../contracts/raw-headers.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';

/** Makes the answer; a promise only where the request's body is waited for. */
export type OwnAnswer = (exchange: Exchange) => UpstreamResponse | Promise<UpstreamResponse>;

/**
 * Ends requests with an answer of the gateway's own.
 *
 * @param trigger the header field or query parameter that a request must carry to be ended; `undefined` ends all
 */
export function terminateStage(trigger: string | undefined, answer: OwnAnswer): Stage {
  const carries = trigger === undefined ? () => true : carriesName(trigger);
  return (exchange) => {
    if (!carries(exchange)) return undefined;
    const made = answer(exchange);
    if (made instanceof Promise) return made.then(end);
    return end(made);
  };
}

function end(response: UpstreamResponse): never {
  throw new EarlyAnswer(response);
}

/** An empty value counts: the name says it all. */
function carriesName(name: string): (exchange: Exchange) => boolean {
  const field = name.toLowerCase();
  return ({ req, query }) =>
    headerValue(req.rawHeaders, field) !== undefined || queryValues(query, name).length > 0;
}
