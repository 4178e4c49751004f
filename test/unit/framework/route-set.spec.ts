import {
  defineUpstream,
  everyRoute,
  group,
  type InspectedRoute,
  type Invariant,
  matching,
  methods,
  role,
  scope,
  to,
  under,
} from 'portcullis';
import { describe, expect, it } from 'vitest';

const PAYMENTS = defineUpstream('payment-service', { targets: 'http://127.0.0.1:9' });

const route = (parts: Partial<InspectedRoute> = {}): InspectedRoute => ({
  id: 'GET /api/users/:id',
  methods: ['GET'],
  path: '/api/users/:id',
  handler: 'UsersController.one',
  upstream: 'user-service',
  policies: [],
  access: { isPublic: false, requirements: [] },
  ...parts,
});
const asking = (...requirements: InspectedRoute['access']['requirements']): InspectedRoute =>
  route({ access: { isPublic: false, requirements } });
const speaksOf = (invariant: Invariant, parts: Partial<InspectedRoute>): boolean =>
  invariant.speaksOf(route(parts));

const JWT = { kind: 'authentication', match: 'any', names: ['jwt'] } as const;
const JWT_OR_KEY = { kind: 'authentication', match: 'any', names: ['jwt', 'api-key'] } as const;
const ANONYMOUS = { kind: 'anonymous', match: 'any', names: [] } as const;

describe('a set of routes', () => {
  it('under a prefix holds what a path below it could reach, wider routes too, and no neighbour', () => {
    const rule = under('/admin').hasRateLimit();

    for (const path of ['/admin', '/admin/users/:id', '/*path', '/:section/users', '/admin*']) {
      expect(speaksOf(rule, { path }), path).toBe(true);
    }
    for (const path of ['/administration', '/api/admin', '/', '/users/*path']) {
      expect(speaksOf(rule, { path }), path).toBe(false);
    }
  });

  it('of an upstream, by its definition or its name', () => {
    expect(speaksOf(to(PAYMENTS).isFiltered(), { upstream: 'payment-service' })).toBe(true);
    expect(speaksOf(to('payment-service').isFiltered(), { upstream: 'user-service' })).toBe(false);
  });

  it('of methods holds routes that take all, and HEAD is taken by whoever takes GET', () => {
    const rule = methods('POST', 'HEAD').hasRateLimit();

    expect(speaksOf(rule, { methods: undefined })).toBe(true);
    expect(speaksOf(rule, { methods: ['GET'] })).toBe(true);
    expect(speaksOf(rule, { methods: ['PUT'] })).toBe(false);
  });

  it('is narrowed step by step, and reads as a sentence', () => {
    const rule = under('/api')
      .methods('POST')
      .except(
        under('/api/open'),
        matching('is a probe', ({ path }) => path.endsWith('/probe')),
      )
      .requires(scope('a', 'b'), role('admin'));

    expect(rule.words).toBe(
      'every route under /api that takes POST but those under /api/open, but those that is a probe requires the scope a or b and the role admin',
    );
    expect(speaksOf(rule, { path: '/api/x', methods: ['POST'] })).toBe(true);
    expect(speaksOf(rule, { path: '/api/open/x', methods: ['POST'] })).toBe(false);
    expect(speaksOf(rule, { path: '/api/x/probe', methods: ['POST'] })).toBe(false);
    expect(speaksOf(rule, { path: '/api/x' })).toBe(false);
  });
});

describe('a demand', () => {
  it.each<[string, Invariant, InspectedRoute, boolean]>([
    ['authentication', everyRoute.hasAuthentication(), asking(JWT), true],
    ['authentication, and it is missing', everyRoute.hasAuthentication(), asking(), false],
    ['authentication, anonymous beside it', everyRoute.hasAuthentication(), asking(JWT, ANONYMOUS), true],
    ['authentication, only anonymous', everyRoute.hasAuthentication(), asking(ANONYMOUS), false],
    [
      'no anonymous callers',
      everyRoute.hasAuthentication({ anonymous: false }),
      asking(JWT, ANONYMOUS),
      false,
    ],
    ['one method', everyRoute.authenticatesWith('jwt'), asking(JWT), true],
    ['one method, another is enough', everyRoute.authenticatesWith('jwt'), asking(JWT_OR_KEY), false],
    ['one of two methods', everyRoute.authenticatesWith('jwt', 'api-key'), asking(JWT_OR_KEY), true],
    ['one method, anonymous beside it', everyRoute.authenticatesWith('jwt'), asking(JWT, ANONYMOUS), false],
    [
      'a scope among all',
      everyRoute.requires(scope('a')),
      asking({ kind: 'scope', match: 'all', names: ['b', 'a'] }),
      true,
    ],
    [
      'a scope, another is enough',
      everyRoute.requires(scope('a')),
      asking({ kind: 'scope', match: 'any', names: ['b', 'a'] }),
      false,
    ],
    [
      'one of two scopes',
      everyRoute.requires(scope('a', 'b')),
      asking({ kind: 'scope', match: 'any', names: ['b', 'a'] }),
      true,
    ],
    [
      'a scope, and a role has its name',
      everyRoute.requires(scope('a')),
      asking({ kind: 'role', match: 'any', names: ['a'] }),
      false,
    ],
    ['a role', everyRoute.requires(role('a')), asking({ kind: 'role', match: 'any', names: ['a'] }), true],
    [
      'a group, and nothing is asked',
      everyRoute.requires(group('a')),
      asking({ kind: 'group', match: 'any', names: [] }),
      false,
    ],
    [
      'not to be public',
      everyRoute.isNotPublic(),
      route({ access: { isPublic: true, requirements: [] } }),
      false,
    ],
    ['a rate limit', everyRoute.hasRateLimit(), route({ policies: ['rate-limit'] }), true],
    ['a filter', everyRoute.isFiltered(), route(), false],
    ['a policy', everyRoute.hasPolicy('cors'), route({ policies: ['cors'] }), true],
    ['one of its own', everyRoute.satisfies('is short', ({ path }) => path.length < 3), route(), false],
  ])('for %s', (_name, rule, given, holds) => {
    expect(rule.holds(given)).toBe(holds);
  });
});
