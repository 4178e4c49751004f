import { declareOff, declarePolicy } from '../../contracts/policy.js';
import type { IpRestrictionOptions } from './ip-restriction.options.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const IP_RESTRICTION = 'ip-restriction';

/**
 * Lets a route be called from some addresses only: 403 for all others, before any credential is looked at.
 *
 * The address is the client's, behind trusted proxies. A range that is refused wins over one that is let in.
 *
 * @example `@IpRestriction({ allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.0.0.13'] })`
 */
export function IpRestriction(options: IpRestrictionOptions): ClassDecorator & MethodDecorator {
  return declarePolicy({
    policy: IP_RESTRICTION,
    options: Object.freeze({ ...options }),
    writtenAs: '@IpRestriction',
  });
}

/**
 * Takes a controller's or the gateway's restriction off a route.
 *
 * @param why shown in the boot table: `callers are signed for`
 */
export function NoIpRestriction(why: string): ClassDecorator & MethodDecorator {
  return declareOff(IP_RESTRICTION, '@NoIpRestriction', why);
}
