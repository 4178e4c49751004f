import { claimReader } from '../../contracts/claim-reader.js';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { IdentityFields } from '../../contracts/identity-headers.js';
import type { Principal } from '../../contracts/principal.js';
import { consumerFields } from './consumer-fields.js';
import { FORWARD_IDENTITY, type ForwardIdentityOptions, writtenHeaders } from './forward-identity.options.js';
import { claimValue, headerText, UNUSABLE } from './header-value.js';
import type { InternalTokenMaker } from './token/internal-token.maker.js';

/**
 * Puts on the exchange what its upstream is told of the caller. What one principal comes to is worked out once; a token
 * is asked for each time, because it may have grown old.
 */
export function forwardIdentityStage(
  options: ForwardIdentityOptions,
  tokens?: InternalTokenMaker,
): (exchange: Exchange) => void {
  const { consumer = true, subject, scopes, token } = options;
  const claims = Object.entries(options.claims ?? {}).map(([header, name]) => ({
    header,
    name,
    read: claimReader(name),
  }));
  const names = new Set(writtenHeaders(options).map((name) => name.toLowerCase()));
  const nobody: IdentityFields = Object.freeze({ names, fields: [] });
  const known = new WeakMap<Principal, IdentityFields>();
  const bearer = token?.header === 'Authorization';

  const fieldsOf = (principal: Principal): readonly string[] => {
    const fields = consumer ? consumerFields(principal) : [];
    if (subject !== undefined && principal.subject !== undefined) {
      fields.push(subject, headerText(principal.subject));
    }
    if (scopes !== undefined && principal.scopes.size > 0) {
      fields.push(scopes, headerText([...principal.scopes].join(' ')));
    }
    for (const { header, name, read } of claims) {
      const value = claimValue(read(principal.claims));
      if (value === UNUSABLE) throw unusable(name);
      if (value !== undefined) fields.push(header, value);
    }
    return fields;
  };

  return (exchange) => {
    const { principal } = exchange;
    if (principal === undefined) {
      exchange.identity = nobody;
      return;
    }
    let identity = known.get(principal);
    if (identity === undefined) {
      identity = Object.freeze({ names, fields: fieldsOf(principal) });
      known.set(principal, identity);
    }
    if (tokens === undefined) exchange.identity = identity;
    else {
      const signed = tokens.tokenOf(principal);
      const field = bearer ? ['Authorization', `Bearer ${signed}`] : ['X-Gateway-Identity', signed];
      exchange.identity = { names, fields: [...identity.fields, ...field] };
    }
  };
}

/** An upstream that is told half of what it was promised may take the caller for somebody else. */
function unusable(claim: string): GatewayError {
  return new GatewayError('forbidden', {
    detail: 'The credential holds a claim that cannot be passed on.',
    policy: FORWARD_IDENTITY,
    reason: 'claim-unusable',
    cause: new Error(`The claim ${claim} is an object, a nested list or too long for a header.`),
  });
}
