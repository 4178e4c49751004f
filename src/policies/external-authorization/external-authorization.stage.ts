import type { Exchange } from '../../contracts/exchange.js';
import type { HeaderEdit } from '../../contracts/header-edit.js';
import type { Stage } from '../../contracts/policy.js';
import type { ExternalAuthorizer } from './external-authorizer.js';

/** Lets through what the server lets through, with the fields it gave. Waits only where it must be asked. */
export function externalAuthorizationStage(authorizer: ExternalAuthorizer): Stage {
  return (exchange) => {
    const edits = authorizer.authorize(exchange);
    if (edits instanceof Promise) return edits.then((settled) => apply(exchange, settled));
    apply(exchange, edits);
  };
}

function apply(exchange: Exchange, edits: readonly HeaderEdit[]): void {
  if (edits.length === 0) return;
  if (exchange.call !== undefined) {
    exchange.call = exchange.call.withEdits(edits);
    return;
  }
  // An ordinary controller is its own upstream, and reads the request's headers.
  const { headers } = exchange.req;
  for (const edit of edits) {
    if (edit.kind === 'set') headers[edit.name] = edit.value;
    else delete headers[edit.name];
  }
}
