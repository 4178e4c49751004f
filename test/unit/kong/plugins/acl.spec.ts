import { describe, expect, it } from 'vitest';
import { principalOf } from '../../../../src/contracts/principal.js';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import type { KongAclConfig } from '../../../../src/kong/kong-plugins.js';
import { ACL_PLUGIN } from '../../../../src/kong/plugins/acl.plugin.js';
import { compiled, consumer, exchangeOf, placeOf, refusalOf, told } from './identity.fixture.js';

const { consumers } = buildConsumers([
  consumer('staff', { groups: ['staff', 'people'] }),
  consumer('loner'),
  consumer('odd', { groups: ['a\r\nX-Admin: 1', '__proto__'] }),
]);

/** A request of this consumer, by a credential or as the anonymous one; of nobody without an id. */
function requestOf(id?: string, credential?: string) {
  const exchange = exchangeOf({
    headers: ['X-Consumer-Groups', 'forged', 'X-Authenticated-Groups', 'forged'],
  });
  const known = id === undefined ? undefined : consumers.byId(id);
  if (known !== undefined)
    exchange.principal = principalOf({ method: 'key-auth', consumer: known.consumer, credential });
  return exchange;
}

type Who = readonly [id?: string, credential?: string];
const NOBODY: Who = [];
const STAFF: Who = ['staff', 'k'];
const ANONYMOUS_STAFF: Who = ['staff'];
const LONER: Who = ['loner', 'k'];
const ANONYMOUS: Who = ['loner'];

const DENIED = 'You cannot consume this service';

describe('Kong acl', () => {
  it.each<
    [row: string, config: Partial<KongAclConfig>, who: Who, status: number | undefined, groups: string[]]
  >([
    ['§6 acl: allow, in the group', { allow: ['staff'] }, STAFF, undefined, ['staff, people']],
    ['§6 acl: allow, in one of them', { allow: ['others', 'people'] }, STAFF, undefined, ['staff, people']],
    ['§6 acl: allow, in none of them', { allow: ['others'] }, STAFF, 403, []],
    ['§6 acl: allow, a group of another case', { allow: ['Staff'] }, STAFF, 403, []],
    ['§6 acl: allow, a part of a group', { allow: ['sta'] }, STAFF, 403, []],
    ['§6 acl: allow, in no group at all', { allow: ['staff'] }, LONER, 403, []],
    ['§6 acl: allow, no credential', { allow: ['staff'] }, NOBODY, 401, []],
    ['§6 acl: allow, anonymous without a group', { allow: ['staff'] }, ANONYMOUS, 401, []],
    ['§6 acl: allow, anonymous in another group', { allow: ['others'] }, ANONYMOUS_STAFF, 403, []],
    [
      '§6 acl: allow, anonymous in the group',
      { allow: ['staff'] },
      ANONYMOUS_STAFF,
      undefined,
      ['staff, people'],
    ],
    ['§6 acl: allow, the prototype', { allow: ['constructor'] }, STAFF, 403, []],
    ['§6 acl: deny, in the group', { deny: ['staff'] }, STAFF, 403, []],
    ['§6 acl: deny, in one of them', { deny: ['others', 'people'] }, STAFF, 403, []],
    ['§6 acl: deny, in another', { deny: ['others'] }, STAFF, undefined, ['staff, people']],
    ['§6 acl: deny, in no group at all', { deny: ['staff'] }, LONER, undefined, []],
    ['§6 acl: deny, no credential', { deny: ['staff'] }, NOBODY, 401, []],
    ['§6 acl: deny, anonymous without a group', { deny: ['staff'] }, ANONYMOUS, undefined, []],
    ['§6 acl: hide_groups_header', { allow: ['staff'], hideGroupsHeader: true }, STAFF, undefined, []],
    [
      '§6 acl: hide_groups_header, not in the group',
      { allow: ['x'], hideGroupsHeader: true },
      STAFF,
      403,
      [],
    ],
    [
      '§6 acl: always_use_authenticated_groups falls back to the consumer’s',
      { allow: ['staff'], alwaysUseAuthenticatedGroups: true },
      STAFF,
      undefined,
      ['staff, people'],
    ],
  ])('%s', async (_row, config, who, status, groups) => {
    const exchange = requestOf(...who);

    const refusal = await refusalOf(compiled(ACL_PLUGIN, config, consumers), exchange);

    expect(refusal?.answer.status).toBe(status);
    expect(refusal?.answer.message).toBe(
      status === 403 ? DENIED : status === 401 ? 'Unauthorized' : undefined,
    );
    expect(refusal?.code).toBe(status === 403 ? 'forbidden' : status === 401 ? 'unauthenticated' : undefined);
    expect(told(exchange, 'x-consumer-groups')).toEqual(groups);
    expect(told(exchange, 'x-authenticated-groups')).toEqual([]);
  });

  it('writes a group that would end its line as one value', async () => {
    const exchange = requestOf('odd', 'k');

    await refusalOf(compiled(ACL_PLUGIN, { deny: ['x'] }, consumers), exchange);

    expect(told(exchange, 'x-consumer-groups')).toEqual(['a%0D%0AX-Admin: 1, __proto__']);
  });

  it('§6 acl: is exactly one of allow and deny', () => {
    const found = [{}, { allow: ['a'] }, { deny: ['a'] }, { allow: ['a'], deny: ['b'] }].map(
      (config) => ACL_PLUGIN.check?.(placeOf('acl', config))?.length,
    );

    expect(found).toEqual([1, 0, 0, 1]);
  });
});
