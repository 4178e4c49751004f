import { inspect } from 'node:util';
import { Controller, type ExecutionContext, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { isCompilable } from '../../../../src/contracts/compilable-enhancer.js';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { attachExchange } from '../../../../src/contracts/exchange-of.js';
import { principalOf } from '../../../../src/contracts/principal.js';
import { Authenticate, Public } from '../../../../src/policies/authenticate/authenticate.decorator.js';
import { AuthenticatePolicy } from '../../../../src/policies/authenticate/authenticate.policy.js';
import { AUTHENTICATE_PROVIDERS } from '../../../../src/policies/authenticate/authenticate.providers.js';
import { DEFAULT_AUTHENTICATION } from '../../../../src/policies/authenticate/authenticate.tokens.js';
import type { AuthenticationDescriptor } from '../../../../src/policies/authenticate/authentication-method.js';
import { AuthenticationMethods } from '../../../../src/policies/authenticate/authentication-methods.js';
import { jwt } from '../../../../src/policies/authenticate/jwt/jwt.options.js';
import { JWT_SETTINGS } from '../../../../src/policies/authenticate/jwt/jwt.settings.js';
import { JwtAuthGuard } from '../../../../src/policies/authenticate/jwt-auth.guard.js';
import { exchangeWith, hmacToken, SECRET } from './test-tokens.js';

const OTHER_SECRET = 'another-secret-of-more-than-thirty-two-bytes';

/** The guard runs on the machine's own clock. */
const FUTURE = 32_503_680_000;

const token = (secret = SECRET, claims: object = {}) =>
  hmacToken({ alg: 'HS256' }, { sub: 'user-1', exp: FUTURE, ...claims }, secret);

@Controller()
class PlainController {
  @Get('mine')
  mine() {}

  @Public()
  @Get('open')
  open() {}

  @Authenticate(jwt({ secret: OTHER_SECRET }))
  @Get('other')
  other() {}
}

@Public()
class OpenController {
  list() {}
}

class InheritingController extends OpenController {}

async function testing(fallback?: AuthenticationDescriptor) {
  const module = await Test.createTestingModule({
    providers: [
      ...AUTHENTICATE_PROVIDERS,
      { provide: JWT_SETTINGS, useValue: { secret: SECRET, clockSkewSeconds: 0 } },
      ...(fallback === undefined ? [] : [{ provide: DEFAULT_AUTHENTICATION, useValue: fallback }]),
    ],
  }).compile();
  return { guard: module.get(JwtAuthGuard), policy: module.get(AuthenticatePolicy) };
}

function contextOf(
  exchange: Exchange,
  controller: abstract new () => object,
  method: string,
): ExecutionContext {
  attachExchange(exchange.req, exchange);
  const handler = (controller.prototype as Record<string, unknown>)[method];
  return {
    getClass: () => controller,
    getHandler: () => handler,
    switchToHttp: () => ({ getRequest: () => exchange.req }),
  } as unknown as ExecutionContext;
}

const asking = (credentials?: string): Exchange =>
  exchangeWith(credentials === undefined ? [] : ['Authorization', `Bearer ${credentials}`]);

describe('JwtAuthGuard on an ordinary controller', () => {
  it('lets a good token through and names the user', async () => {
    const { guard } = await testing();
    const exchange = asking(token());

    const passed = guard.canActivate(contextOf(exchange, PlainController, 'mine'));

    expect(passed).toBe(true);
    expect(exchange.principal).toMatchObject({ subject: 'user-1' });
    expect((exchange.req as { user?: unknown }).user).toBe(exchange.principal);
  });

  it('refuses a request without a token, and one with a bad token', async () => {
    const { guard } = await testing();

    for (const credentials of [undefined, token(OTHER_SECRET)]) {
      expect(() => guard.canActivate(contextOf(asking(credentials), PlainController, 'mine'))).toThrow(
        expect.objectContaining({ code: 'unauthenticated' }),
      );
    }
  });

  it('lets everybody in where the method says @Public', async () => {
    const { guard } = await testing();
    const exchange = asking();

    expect(guard.canActivate(contextOf(exchange, PlainController, 'open'))).toBe(true);
    expect(exchange.principal).toBeUndefined();
  });

  it('honours @Public on a class that the controller extends', async () => {
    const { guard } = await testing();

    expect(guard.canActivate(contextOf(asking(), InheritingController, 'list'))).toBe(true);
  });

  it('verifies by what @Authenticate on the method says', async () => {
    const { guard } = await testing();

    expect(guard.canActivate(contextOf(asking(token(OTHER_SECRET)), PlainController, 'other'))).toBe(true);
    expect(() => guard.canActivate(contextOf(asking(token()), PlainController, 'other'))).toThrow(
      expect.objectContaining({ detail: 'The token signature does not verify.' }),
    );
  });

  it('keeps the principal that the route’s own identity stage found', async () => {
    const { guard } = await testing();
    const exchange = asking();
    exchange.principal = principalOf({ subject: 'key-owner', method: 'key' });

    const passed = guard.canActivate(contextOf(exchange, PlainController, 'mine'));

    expect(passed).toBe(true);
    expect((exchange.req as { user?: { subject: string } }).user?.subject).toBe('key-owner');
  });

  it('answers 500 and says why when the request did not come through the gateway', async () => {
    const { guard } = await testing();
    const exchange = asking(token());
    const context = contextOf(exchange, PlainController, 'mine');
    const foreign = { ...context, switchToHttp: () => ({ getRequest: () => ({ rawHeaders: [] }) }) };

    expect(() => guard.canActivate(foreign as unknown as ExecutionContext)).toThrow(
      expect.objectContaining({
        code: 'internal',
        cause: expect.objectContaining({ message: expect.stringContaining('createGateway()') }),
      }),
    );
  });
});

describe('JwtAuthGuard on a proxy route', () => {
  it('stands for the default authentication where that is a jwt', async () => {
    const fallback = jwt({ secret: OTHER_SECRET });
    const { guard } = await testing(fallback);

    expect(guard.portcullisPolicies()).toEqual([
      { policy: 'authenticate', options: { method: fallback }, writtenAs: '@UseGuards(JwtAuthGuard)' },
    ]);
  });

  it('stands for jwt() by the settings where the default is something else', async () => {
    const { guard } = await testing({ method: 'key', options: {} });

    expect(guard.portcullisPolicies()).toEqual([
      { policy: 'authenticate', options: { method: jwt() }, writtenAs: '@UseGuards(JwtAuthGuard)' },
    ]);
  });

  it('can be compiled, and one that only inherits from it cannot', async () => {
    const { guard, policy } = await testing();
    class Stricter extends JwtAuthGuard {
      override canActivate(context: ExecutionContext) {
        return super.canActivate(context);
      }
    }
    class Renamed extends JwtAuthGuard {}
    const patched = Object.assign(new JwtAuthGuard(policy), { canActivate: () => true });

    const compilable = [
      guard,
      new Renamed(policy),
      new Stricter(policy),
      patched,
      { canActivate: () => true },
    ].map((one) => isCompilable(one, 'canActivate'));

    expect(compilable).toEqual([true, true, false, false, false]);
  });
});

describe('AuthenticatePolicy', () => {
  it('compiles @Authenticate() to the default method', async () => {
    const { policy } = await testing(jwt());
    const exchange = asking(token());

    await policy.compile({ method: undefined }).before?.(exchange);

    expect(exchange.principal?.subject).toBe('user-1');
    expect(policy.describe({ method: undefined })).toBe('jwt');
    expect(policy.stage()).toBe('identity');
  });

  it('says what to write when there is no default, and which methods there are', async () => {
    const { policy } = await testing();

    expect(policy.check({ method: undefined })).toEqual([
      'no authentication method is named and the gateway has no default; write @Authenticate(jwt()) or ' +
        'GatewayModule.forRoot({ authentication: jwt() }).',
    ]);
    expect(policy.check({ method: { method: 'carrier-pigeon', options: {} } })).toEqual([
      'the authentication method "carrier-pigeon" is not known; must be one of jwt, introspection, anonymous, any-of, all-of.',
    ]);
  });

  it('waits for a method that must wait, and passes its refusal on', async () => {
    const principal = principalOf({ subject: 'later', method: 'slow' });
    const policy = new AuthenticatePolicy(
      new AuthenticationMethods([
        {
          method: 'slow',
          check: () => [],
          create: () => ({ authenticate: async () => principal }),
          describe: () => 'slow',
        },
      ]),
    );
    const exchange = asking();

    const pending = policy.compile({ method: { method: 'slow', options: {} } }).before?.(exchange);

    expect(pending).toBeInstanceOf(Promise);
    await pending;
    expect(exchange.principal).toBe(principal);
  });

  it('never prints a secret when the providers are inspected', async () => {
    const { guard, policy } = await testing(jwt({ secret: SECRET }));

    expect(inspect([guard, policy], { depth: 10 })).not.toContain(SECRET);
  });
});
