import { describe, expect, it } from 'vitest';
import type { KongIpRestrictionConfig } from '../../../../src/kong/kong-plugins.js';
import { IP_RESTRICTION_PLUGIN } from '../../../../src/kong/plugins/ip-restriction.plugin.js';
import { KongRefusal } from '../../../../src/kong/plugins/kong-refusal.js';
import { outcomeOf, placeOf, sentExchange } from '../../../support/kong-plugin.place.js';

const DEFAULTS: KongIpRestrictionConfig = {
  allow: undefined,
  deny: undefined,
  status: 403,
  message: undefined,
};

const placed = (config: Partial<KongIpRestrictionConfig>) =>
  placeOf('ip-restriction', { ...DEFAULTS, ...config });
const ask = (config: Partial<KongIpRestrictionConfig>, clientAddress: string) =>
  outcomeOf(IP_RESTRICTION_PLUGIN.compile(placed(config)), sentExchange({ clientAddress }));

describe('ip-restriction', () => {
  it.each([
    ['§6 ip-restriction: allowed', { allow: ['10.0.0.0/8'] }, '10.1.2.3', true],
    ['§6 ip-restriction: not allowed', { allow: ['10.0.0.0/8'] }, '11.1.2.3', false],
    ['§6 ip-restriction: a single address', { allow: ['10.1.2.3'] }, '10.1.2.3', true],
    ['§6 ip-restriction: beside a single address', { allow: ['10.1.2.3'] }, '10.1.2.4', false],
    ['§6 ip-restriction: denied', { deny: ['10.0.0.0/8'] }, '10.1.2.3', false],
    ['§6 ip-restriction: not denied', { deny: ['10.0.0.0/8'] }, '11.1.2.3', true],
    [
      '§6 ip-restriction: deny is checked first',
      { allow: ['10.0.0.0/8'], deny: ['10.1.2.3'] },
      '10.1.2.3',
      false,
    ],
    [
      '§6 ip-restriction: both, neither names it',
      { allow: ['10.0.0.0/8'], deny: ['10.1.2.3'] },
      '9.9.9.9',
      false,
    ],
    ['§6 ip-restriction: both, allowed', { allow: ['10.0.0.0/8'], deny: ['10.1.2.3'] }, '10.1.2.4', true],
    ['§6 ip-restriction: bits behind the prefix', { allow: ['10.1.2.3/8'] }, '10.9.9.9', true],
    ['§6 ip-restriction: IPv6', { allow: ['2001:db8::/32'] }, '2001:db8::7', true],
    ['§6 ip-restriction: IPv6, bits behind the prefix', { deny: ['2001:db8::1/32'] }, '2001:db8::7', false],
    ['§6 ip-restriction: IPv4 that comes as IPv6', { allow: ['10.0.0.0/8'] }, '::ffff:10.1.2.3', true],
    ['§6 ip-restriction: empty lists restrict nothing', { allow: [], deny: [] }, '9.9.9.9', true],
    ['§6 ip-restriction: an empty allow beside a deny', { allow: [], deny: ['10.0.0.0/8'] }, '9.9.9.9', true],
  ])('%s', async (_, config, address, passes) => {
    const outcome = await ask(config, address);

    expect(outcome).toEqual(passes ? 'passed' : expect.any(KongRefusal));
  });

  it.each([
    ['§6 ip-restriction: the defaults', {}, 403, 'IP address not allowed: 192.0.2.1'],
    ['§6 ip-restriction: status', { status: 404 }, 404, 'IP address not allowed: 192.0.2.1'],
    ['§6 ip-restriction: message', { message: 'Not from there' }, 403, 'Not from there'],
  ])('%s', async (_, config, status, message) => {
    const refusal = await ask({ ...config, deny: ['192.0.2.1'] }, '192.0.2.1');

    expect(refusal).toMatchObject({ answer: { status, message } });
    expect((refusal as KongRefusal).answer.messageOnly ?? false).toBe(false);
  });

  it('§6 ip-restriction: logs know the refusal by the code and reason of the gateway', async () => {
    expect(await ask({ deny: ['192.0.2.1'] }, '192.0.2.1')).toMatchObject({
      code: 'forbidden',
      policy: 'ip-restriction',
      reason: 'address-denied',
    });
  });

  it('§6 ip-restriction: a client without an address is refused', async () => {
    expect(await ask({ deny: ['192.0.2.1'], status: 404 }, '')).toMatchObject({
      answer: {
        status: 403,
        message: 'Cannot identify the client IP address, unix domain sockets are not supported.',
      },
    });
  });

  it('§6 ip-restriction: refuses bad entries at load, each by name', () => {
    const problems = IP_RESTRICTION_PLUGIN.check?.(
      placed({ allow: ['10.0.0.0/33', '10.0.0.1'], deny: ['nowhere'] }),
    );

    expect(problems).toEqual([
      'allow: "10.0.0.0/33" has no prefix length of 0–32.',
      'deny: "nowhere" is neither an IP address nor a CIDR range.',
    ]);
    expect(IP_RESTRICTION_PLUGIN.check?.(placed({}))).toEqual([]);
  });

  it('§2 runs behind authentication', () => {
    expect(IP_RESTRICTION_PLUGIN.priority).toBe(990);
  });
});
