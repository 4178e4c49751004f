import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { attachExchange } from '../../../../src/contracts/exchange-of.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import {
  type Claims,
  type Consumer,
  type Principal,
  principalOf,
} from '../../../../src/contracts/principal.js';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';
import { AuthorizationCall } from '../../../../src/policies/authorize/authorization-call.js';
import { Authorize, RequireScope } from '../../../../src/policies/authorize/authorize.decorator.js';
import { AuthorizeGuard } from '../../../../src/policies/authorize/authorize.guard.js';
import type { AuthorizeOptions } from '../../../../src/policies/authorize/authorize.options.js';
import { AuthorizePolicy } from '../../../../src/policies/authorize/authorize.policy.js';
import { authorizeStage } from '../../../../src/policies/authorize/authorize.stage.js';

function exchangeOfCaller(
  scopes: readonly string[] | undefined,
  claims: Claims = {},
  rawHeaders: readonly string[] = [],
): Exchange {
  const req = { rawHeaders } as IncomingMessage;
  const exchange = new Exchange(req, {} as ServerResponse, 'GET', '/', '', '::1', 'id', 0, undefined);
  if (scopes !== undefined) {
    exchange.principal = principalOf({ subject: 'user-1', scopes: new Set(scopes), claims, method: 'jwt' });
  }
  attachExchange(req, exchange);
  return exchange;
}

function consumerIn(groups: readonly string[]): Consumer {
  return { id: 'c', name: undefined, customId: undefined, plan: undefined, groups: new Set(groups) };
}

function principalIn(groups: readonly string[]): Principal {
  return principalOf({ method: 'api-key', consumer: consumerIn(groups) });
}

function reasonFor(options: AuthorizeOptions, principal: Principal): string | undefined {
  const exchange = exchangeOfCaller([]);
  exchange.principal = principal;
  try {
    authorizeStage(options)(exchange);
    return 'passes';
  } catch (error) {
    return (error as GatewayError).reason;
  }
}

function outcomeOf(options: AuthorizeOptions, scopes: readonly string[] | undefined, claims?: Claims) {
  try {
    authorizeStage(options)(exchangeOfCaller(scopes, claims));
    return 'passes';
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
}

function refusalOf(options: AuthorizeOptions, scopes: readonly string[]): GatewayError {
  try {
    authorizeStage(options)(exchangeOfCaller(scopes));
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('The exchange was let through.');
}

describe('scopes', () => {
  it.each([
    [['a', 'b'], 'passes'],
    [['b', 'c', 'a'], 'passes'],
    [['a'], 'forbidden'],
    [['a b'], 'forbidden'],
    [['A', 'b'], 'forbidden'],
    [[], 'forbidden'],
  ])('asks for all of a and b: %j %s', (scopes, outcome) => {
    expect(outcomeOf({ allScopes: ['a', 'b'] }, scopes)).toBe(outcome);
  });

  it.each([
    [['b'], 'passes'],
    [['c'], 'forbidden'],
  ])('asks for any of a and b: %j %s', (scopes, outcome) => {
    expect(outcomeOf({ anyScope: ['a', 'b'] }, scopes)).toBe(outcome);
  });

  it('names the missing scopes as RFC 6750 says', () => {
    const error = refusalOf({ allScopes: ['users:read', 'users:write'] }, ['users:read']);

    expect(error).toMatchObject({ status: 403, policy: 'authorize' });
    expect(error.headers).toEqual([
      'WWW-Authenticate',
      'Bearer error="insufficient_scope", error_description="These scopes are required: users:read users:write", ' +
        'scope="users:read users:write"',
    ]);
  });

  it('refuses with 401 when nobody was authenticated, also where nothing could be missing', () => {
    expect(outcomeOf({ allScopes: ['a'] }, undefined)).toBe('unauthenticated');
    expect(outcomeOf({ rule: () => true }, undefined)).toBe('unauthenticated');
  });
});

describe('roles', () => {
  it.each([
    [{ roles: ['support', 'admin'] }, 'passes'],
    [{ roles: 'admin' }, 'passes'],
    [{ roles: ['support'] }, 'forbidden'],
    [{ roles: 'support admin' }, 'forbidden'],
    [{ roles: { admin: true } }, 'forbidden'],
    [{ roles: [['admin']] }, 'forbidden'],
    [{}, 'forbidden'],
  ])('asks for the role admin: %j %s', (claims, outcome) => {
    expect(outcomeOf({ roles: ['admin', 'owner'] }, [], claims)).toBe(outcome);
  });

  it.each([
    ['realm_access.roles', { realm_access: { roles: ['admin'] } }, 'passes'],
    ['https://example.com/roles', { 'https://example.com/roles': ['admin'] }, 'passes'],
    ['a.b', { 'a.b': [], a: { b: ['admin'] } }, 'forbidden'],
    ['a.b', { a: 'admin' }, 'forbidden'],
    ['constructor.name', {}, 'forbidden'],
    ['__proto__', {}, 'forbidden'],
  ])('reads them from the claim %s', (rolesClaim, claims, outcome) => {
    expect(outcomeOf({ roles: ['admin', 'Object'], rolesClaim }, [], claims)).toBe(outcome);
  });
});

describe('groups', () => {
  const inGroups = (...groups: string[]) => principalIn(groups);
  const member = (groups: readonly string[], claims: Claims = {}): Principal =>
    principalOf({ method: 'api-key', claims, consumer: consumerIn(groups) });

  it.each<[AuthorizeOptions, Principal, string]>([
    [{ groups: ['a', 'b'] }, inGroups('b'), 'passes'],
    [{ groups: ['a'] }, inGroups('b'), 'group-missing'],
    [{ groups: ['a'] }, inGroups(), 'group-missing'],
    [{ groups: ['a'] }, principalOf({ method: 'jwt', claims: { groups: ['a'] } }), 'group-missing'],
    [{ denyGroups: ['a'] }, inGroups('b'), 'passes'],
    [{ denyGroups: ['a'] }, inGroups('b', 'a'), 'group-denied'],
    [{ denyGroups: ['a'] }, principalOf({ method: 'jwt' }), 'passes'],
    [{ groups: ['b'], denyGroups: ['a'] }, inGroups('a', 'b'), 'group-denied'],
  ])('%j for %j: %s', (options, principal, outcome) => {
    expect(reasonFor(options, principal)).toBe(outcome);
  });

  it.each<[AuthorizeOptions, Principal, string]>([
    [{ groups: ['a'], groupsClaim: 'groups' }, member([], { groups: ['a'] }), 'passes'],
    [{ groups: ['a'], groupsClaim: 'realm.groups' }, member([], { realm: { groups: 'a' } }), 'passes'],
    [{ groups: ['a'], groupsClaim: 'groups' }, member(['a'], { groups: ['b'] }), 'passes'],
    [{ denyGroups: ['a'], groupsClaim: 'groups' }, member(['b'], { groups: ['a'] }), 'group-denied'],
    [{ groups: ['a'], groupsClaim: 'groups' }, member([], { groups: 'a b' }), 'group-missing'],
  ])('also those of a claim: %j for %j: %s', (options, principal, outcome) => {
    expect(reasonFor(options, principal)).toBe(outcome);
  });
});

describe('reasons', () => {
  it.each<[AuthorizeOptions, string]>([
    [{ allScopes: ['a'] }, 'scope-missing'],
    [{ anyScope: ['a'] }, 'scope-missing'],
    [{ roles: ['a'] }, 'role-missing'],
    [{ groups: ['a'] }, 'group-missing'],
    [{ rule: () => false }, 'rule-refused'],
  ])('%j ends in the reason %s', (options, reason) => {
    expect(reasonFor(options, principalOf({ method: 'jwt' }))).toBe(reason);
  });
});

describe('the call a rule sees', () => {
  const callOf = (exchange: Exchange): AuthorizationCall =>
    new AuthorizationCall(exchange, exchange.principal as Principal);

  it('has the parameters by name, the path, headers in any case and the caller', () => {
    const exchange = exchangeOfCaller([], {}, ['X-Tenant', 'a', 'x-tenant', 'b']);
    exchange.route = { paramNames: ['id', 'rest'] } as unknown as RouteFacts;
    exchange.params = ['42', 'a/b'];
    const call = callOf(exchange);

    expect({ ...call.params }).toEqual({ id: '42', rest: 'a/b' });
    expect('id' in call.params).toBe(true);
    expect(JSON.stringify(call.params)).toBe('{"id":"42","rest":"a/b"}');
    expect(call.header('X-TENANT')).toBe('a, b');
    expect(call.header('x-other')).toBeUndefined();
    expect(call).toMatchObject({ method: 'GET', path: '/', clientAddress: '::1', exchange });
    expect(call.principal.subject).toBe('user-1');
  });

  it('lets nobody in by a parameter that the route does not have', () => {
    const exchange = exchangeOfCaller([], {});
    exchange.route = { paramNames: ['id'] } as unknown as RouteFacts;
    exchange.params = ['42'];
    const rule = (claims: Claims, call: AuthorizationCall) => claims['owner'] === call.params['ident'];

    expect(() => authorizeStage({ rule })(exchange)).toThrow(
      'The route has no parameter "ident"; there are: id.',
    );
    expect(() => callOf(exchange).params['constructor']).toThrow('no parameter "constructor"');
  });
});

describe('rules', () => {
  it('hands a rule the claims and the request', () => {
    const rule = (claims: Claims, call: AuthorizationCall) =>
      claims['tenant'] === 'a' && call.method === 'GET';

    expect(outcomeOf({ rule }, [], { tenant: 'a' })).toBe('passes');
    expect(outcomeOf({ rule }, [], { tenant: 'b' })).toBe('forbidden');
  });

  it.each([1, 'yes', {}, Promise.resolve(true), undefined])('takes %o from a rule for a no', (answer) => {
    expect(outcomeOf({ rule: () => answer as unknown as boolean }, [])).toBe('forbidden');
  });

  it('lets nobody in when the rule itself fails', () => {
    const rule = () => {
      throw new TypeError('no tenant');
    };

    expect(() => outcomeOf({ rule }, [])).toThrow('no tenant');
  });

  it('lets through only who meets every part', () => {
    const options: AuthorizeOptions = {
      allScopes: ['a'],
      anyScope: ['b', 'c'],
      roles: ['r'],
      rule: () => true,
    };

    expect(outcomeOf(options, ['a', 'c'], { roles: ['r'] })).toBe('passes');
    expect(outcomeOf(options, ['a'], { roles: ['r'] })).toBe('forbidden');
    expect(outcomeOf(options, ['a', 'c'], {})).toBe('forbidden');
    expect(outcomeOf({ ...options, rule: () => false }, ['a', 'c'], { roles: ['r'] })).toBe('forbidden');
  });
});

describe('AuthorizePolicy', () => {
  const policy = new AuthorizePolicy();
  const facts = { authenticated: true } as RouteFacts;

  it('refuses a route on which nobody is authenticated', () => {
    const problems = policy.check({ allScopes: ['a'] }, { ...facts, authenticated: false });

    expect(problems).toEqual([
      'nobody is authenticated here, so nobody could pass; add @Authenticate() or take @Public() away.',
    ]);
  });

  it.each<[AuthorizeOptions, string]>([
    [{}, 'nothing is required; name scopes, roles, groups or a rule, or take the decorator away.'],
    [{ allScopes: [] }, 'allScopes is empty; must name at least one, or be left out.'],
    [{ roles: [] }, 'roles is empty; must name at least one, or be left out.'],
    [{ allScopes: ['a'], role: ['admin'] } as AuthorizeOptions, 'role is not an option; did you mean roles?'],
    [{ groups: [] }, 'groups is empty; must name at least one, or be left out.'],
    [{ denyGroups: [''] }, 'denyGroups holds ""; must hold names alone.'],
    [{ groups: 'a' } as unknown as AuthorizeOptions, 'groups is "a"; must be a list.'],
    [{ groups: ['a', 'b'], denyGroups: ['b'] }, 'the group "b" is both let in and refused; keep one.'],
    [
      { groupsClaim: 'x', allScopes: ['a'] },
      'groupsClaim is given without groups; name the groups that are let in or refused.',
    ],
    [{ rule: true } as unknown as AuthorizeOptions, 'rule is true; must be a function.'],
    [{ anyScope: ['a b'] }, 'scope "a b" must be printable ASCII without spaces, quotes or backslashes.'],
    [{ allScopes: ['a"'] }, 'scope "a\\"" must be printable ASCII without spaces, quotes or backslashes.'],
    [
      { rolesClaim: 'x', allScopes: ['a'] },
      'rolesClaim is given without roles; name the roles that are let in.',
    ],
    [
      { rule: (async () => true) as unknown as () => boolean },
      'the rule is async; must decide at once from the claims.',
    ],
  ])('refuses %o', (options, problem) => {
    expect(policy.check(options, facts)).toEqual([problem]);
  });

  it.each<[AuthorizeOptions, string]>([
    [{ allScopes: ['users:read'] }, 'scope users:read'],
    [{ anyScope: ['a', 'b'], roles: ['r', 's'] }, 'any scope of a b, role r or s'],
    [{ groups: ['a', 'b'] }, 'group a or b'],
    [{ denyGroups: ['a'], groupsClaim: 'groups' }, 'not group a (also in groups)'],
    [{ roles: ['r'], rolesClaim: 'realm_access.roles' }, 'role r in realm_access.roles'],
    [
      {
        rule: function isOwner() {
          return true;
        },
      },
      'rule isOwner',
    ],
  ])('describes %o for the boot table', (options, phrase) => {
    expect(policy.check(options, facts)).toEqual([]);
    expect(policy.describe(options)).toBe(phrase);
  });

  it('runs in the authorization stage', () => {
    const { before } = policy.compile({ allScopes: ['a'] });

    expect(policy.stage()).toBe('authorization');
    expect(() => before?.(exchangeOfCaller([]))).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});

interface UserClaims {
  readonly sub: string;
  readonly tenant: string;
}

@RequireScope('users:read')
class UsersController {
  list() {}

  @RequireScope('users:write', 'users:admin')
  change() {}

  @Authorize<UserClaims>((claims) => claims.tenant === 'a')
  own() {}
}

class MoreUsersController extends UsersController {
  more() {}
}

class OpenController {
  list() {}
}

class TwiceController {
  @RequireScope('a')
  @Authorize({ roles: ['r'] })
  both() {}
}

describe('the decorators', () => {
  it('only write down what is required', () => {
    expect(declaredPolicies(UsersController)).toEqual([
      { policy: 'authorize', options: { allScopes: ['users:read'] }, writtenAs: '@RequireScope' },
    ]);
    const { own } = UsersController.prototype as unknown as { own: object };
    expect(declaredPolicies(own)).toEqual([
      { policy: 'authorize', options: { rule: expect.any(Function) }, writtenAs: '@Authorize' },
    ]);
  });
});

describe('AuthorizeGuard on an ordinary controller', () => {
  const guard = new AuthorizeGuard();

  function ask(controller: abstract new () => object, method: string, exchange: Exchange): boolean | string {
    const handler = (controller.prototype as Record<string, unknown>)[method];
    const context = {
      getClass: () => controller,
      getHandler: () => handler,
      switchToHttp: () => ({ getRequest: () => exchange.req }),
    } as unknown as ExecutionContext;
    try {
      return guard.canActivate(context) as boolean;
    } catch (error) {
      if (error instanceof GatewayError) return error.code;
      throw error;
    }
  }

  it('enforces the method’s declaration before the controller’s', () => {
    expect(ask(UsersController, 'list', exchangeOfCaller(['users:read']))).toBe(true);
    expect(ask(UsersController, 'list', exchangeOfCaller([]))).toBe('forbidden');
    expect(ask(UsersController, 'change', exchangeOfCaller(['users:read']))).toBe('forbidden');
    expect(ask(UsersController, 'change', exchangeOfCaller(['users:write', 'users:admin']))).toBe(true);
  });

  it('enforces what the class that a controller extends declares', () => {
    expect(ask(MoreUsersController, 'more', exchangeOfCaller([]))).toBe('forbidden');
    expect(ask(MoreUsersController, 'list', exchangeOfCaller(['users:read']))).toBe(true);
  });

  it('tells an inherited method apart by its controller', () => {
    expect(ask(OpenController, 'list', exchangeOfCaller(undefined))).toBe(true);
    expect(ask(UsersController, 'list', exchangeOfCaller(undefined))).toBe('unauthenticated');
  });

  it('fails rather than choose between two declarations in one place', () => {
    expect(() => ask(TwiceController, 'both', exchangeOfCaller(['a']))).toThrow(
      '@RequireScope and @Authorize both declare authorize in one place; keep one.',
    );
  });
});

describe('who may call, as rules over all routes and the route table read it', () => {
  it('names everything that is asked, and the groups that are turned away', () => {
    const policy = new AuthorizePolicy();

    expect(
      policy.access({
        allScopes: ['a', 'b'],
        anyScope: ['c', 'd'],
        roles: ['support'],
        groups: ['staff', 'partners'],
        denyGroups: ['suspended'],
        rule: function isOwner() {
          return true;
        },
      }),
    ).toEqual([
      { kind: 'not-group', match: 'any', names: ['suspended'] },
      { kind: 'scope', match: 'all', names: ['a', 'b'] },
      { kind: 'scope', match: 'any', names: ['c', 'd'] },
      { kind: 'role', match: 'any', names: ['support'] },
      { kind: 'group', match: 'any', names: ['staff', 'partners'] },
      { kind: 'rule', match: 'all', names: ['isOwner'] },
    ]);
  });
});
