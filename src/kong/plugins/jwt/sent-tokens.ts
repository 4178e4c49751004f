import type { Exchange } from '../../../contracts/exchange.js';
import { queryValues } from '../../../contracts/query-parameters.js';
import { bearerToken } from '../../../policies/authenticate/credentials/authorization-field.js';
import { cookieValues } from '../../../policies/authenticate/credentials/cookie-crumbs.js';
import type { KongJwtConfig } from '../../kong-plugins.js';

/** Stands for two tokens that differ. */
export const SEVERAL = Symbol('several');

/** The one token of a request; `undefined` when none was sent. The same token in two places is one. */
export type SentToken = (exchange: Exchange) => string | undefined | typeof SEVERAL;

/** Looks into query parameters, cookies and headers, also for a second token: gateway and upstream must never read two. */
export function sentToken({ uriParamNames, cookieNames, headerNames }: KongJwtConfig): SentToken {
  const headers = new Set(headerNames.map((name) => name.toLowerCase()));
  const lengths = new Set([...headers].map(({ length }) => length));

  return (exchange) => {
    const { rawHeaders } = exchange.req;
    let found: string | undefined;
    let several = false;
    const note = (token: string | undefined): void => {
      if (token === undefined || token === '') return;
      if (found === undefined) found = token;
      else if (found !== token) several = true;
    };
    for (const name of uriParamNames) for (const token of queryValues(exchange.query, name)) note(token);
    for (const name of cookieNames) for (const token of cookieValues(rawHeaders, name)) note(token);
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string;
      if (!lengths.has(name.length) || !headers.has(name.toLowerCase())) continue;
      note(bearerToken(rawHeaders[i + 1] as string));
    }
    return several ? SEVERAL : found;
  };
}
