import { type Claims, type Consumer, type Principal, principalOf } from '../../contracts/principal.js';

/** What a principal of a test is; everything left out is empty. */
export interface FakePrincipalParts {
  /** Default `test`. */
  readonly subject?: string | undefined;
  readonly scopes?: readonly string[];
  readonly claims?: Claims;
  /** Which method verified it. Default `fake`. */
  readonly method?: string;
  /** Groups may be a list. */
  readonly consumer?: Partial<Omit<Consumer, 'groups'>> & { readonly groups?: Iterable<string> };
  readonly credential?: string;
}

/** Somebody who was verified, without a credential: for `routes.ask(…, { principal })`. */
export function fakePrincipal(parts: FakePrincipalParts = {}): Principal {
  const { scopes = [], claims = {}, method = 'fake', credential } = parts;
  const subject = 'subject' in parts ? parts.subject : 'test';
  return principalOf({
    subject,
    scopes: new Set(scopes),
    claims: { ...(subject === undefined ? {} : { sub: subject }), ...claims },
    method,
    consumer: parts.consumer === undefined ? undefined : consumerOf(parts.consumer),
    credential,
  });
}

function consumerOf({ id = 'test', groups, ...rest }: NonNullable<FakePrincipalParts['consumer']>): Consumer {
  return { id, name: undefined, customId: undefined, plan: undefined, ...rest, groups: new Set(groups) };
}
