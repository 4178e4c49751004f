import type { Exchange } from '../../contracts/exchange.js';
import { headerValue } from '../../contracts/raw-headers.js';
import type { KongRateLimitingConfig } from '../kong-plugins.js';

/** Whom a request counts against; `undefined` counts it by the client's address. */
export type Identifier = (exchange: Exchange) => string | undefined;

/**
 * Makes what Kong's `limit_by` says. The kind stands in front, so that nobody can write an address into a header and be
 * counted as that address.
 */
export function identifierOf(config: KongRateLimitingConfig, service: string | undefined): Identifier {
  switch (config.limitBy) {
    case 'consumer':
      return ({ principal }) =>
        named('consumer', principal?.consumer?.id) ?? named('credential', principal?.credential);
    case 'credential':
      return ({ principal }) => named('credential', principal?.credential);
    case 'ip':
      return () => undefined;
    case 'service': {
      const identifier = named('service', service);
      return () => identifier;
    }
    case 'header': {
      const name = (config.headerName ?? '').toLowerCase();
      return ({ req }) => named('header', headerValue(req.rawHeaders, name));
    }
    case 'path': {
      const identifier = named('path', config.path);
      return ({ path }) => (path === config.path ? identifier : undefined);
    }
  }
}

const named = (kind: string, value: string | undefined): string | undefined =>
  value === undefined ? undefined : `${kind}:${value}`;
