import { type INestApplication, Injectable, type NestMiddleware, RequestMethod } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { ExpressAdapter, NestExpressApplication } from '@nestjs/platform-express';
import type { Express, NextFunction, Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { appOf, type Door, expectDoor, pass, type Spy } from './door.fixture.js';

const through =
  (spy: Spy) =>
  (_req: Request, _res: Response, next: NextFunction): void => {
    spy();
    next();
  };

/** A middleware with a name that the route table can show. */
function named(spy: Spy) {
  return function teamMiddleware(_req: Request, _res: Response, next: NextFunction): void {
    spy();
    next();
  };
}

const express = (app: INestApplication): Express => app.getHttpAdapter().getInstance() as Express;
const adapter = (app: INestApplication): ExpressAdapter => app.getHttpAdapter() as ExpressAdapter;
const nest = (app: INestApplication): NestExpressApplication => app as NestExpressApplication;

@Injectable()
class TeamMiddleware implements NestMiddleware {
  static spy: Spy = () => {};

  use(_req: unknown, _res: unknown, next: () => void): void {
    TeamMiddleware.spy();
    next();
  }
}

function prepared(
  name: string,
  because: string | undefined,
  prepare: (app: INestApplication, spy: Spy) => void,
): Door {
  return {
    name,
    runs: because === undefined ? 'compiled' : 'interpreted',
    ...(because === undefined ? {} : { because }),
    open: (spy) => ({ module: appOf(), prepare: (app) => prepare(app, spy) }),
  };
}

const MODULES = "a module's middleware";

function consumed(
  name: string,
  because: string | undefined,
  route: string | { path: string; method: RequestMethod },
  times = 1,
): Door {
  return {
    name: `consumer.apply().forRoutes(${name})`,
    runs: because === undefined ? 'compiled' : 'interpreted',
    ...(because === undefined ? {} : { because }),
    times,
    open: (spy) => {
      TeamMiddleware.spy = spy;
      return { module: appOf({ configure: (consumer) => consumer.apply(TeamMiddleware).forRoutes(route) }) };
    },
  };
}

const DOORS: readonly Door[] = [
  prepared('app.use', 'middleware teamMiddleware', (app, spy) => app.use(named(spy))),
  prepared('app.use without a name', 'a middleware', (app, spy) => app.use(through(spy))),
  prepared('app.use on the prefix', 'middleware teamMiddleware', (app, spy) => app.use('/api', named(spy))),
  // Express is told that case counts, so it does not run; a mount that could ignore case is not bet upon.
  {
    ...prepared('app.use in another case', 'middleware teamMiddleware', (app, spy) =>
      app.use('/API', named(spy)),
    ),
    times: 0,
  },
  prepared('app.use on a list of paths', 'middleware teamMiddleware', (app, spy) =>
    nest(app).use(['/elsewhere', '/api'], named(spy)),
  ),
  prepared('app.use on a RegExp', 'middleware teamMiddleware', (app, spy) =>
    nest(app).use(/^\/api/, named(spy)),
  ),
  { ...prepared('app.use elsewhere', undefined, (app, spy) => app.use('/elsewhere', named(spy))), times: 0 },
  {
    ...prepared('app.use deeper', undefined, (app, spy) => app.use('/api/users/7/deep', named(spy))),
    times: 0,
  },
  prepared('a raw use', 'middleware teamMiddleware', (app, spy) => express(app).use(named(spy))),
  prepared("the adapter's use", 'middleware teamMiddleware', (app, spy) =>
    app.getHttpAdapter().use(named(spy)),
  ),
  prepared('a raw get that passes on', 'handler teamMiddleware', (app, spy) =>
    express(app).get('/api/users/:id', named(spy)),
  ),
  prepared('a raw all that passes on', 'handler teamMiddleware', (app, spy) =>
    express(app).all('/{*any}', named(spy)),
  ),
  prepared("the adapter's get that passes on", 'handler teamMiddleware', (app, spy) =>
    app.getHttpAdapter().get('/api/users/:id', named(spy) as never),
  ),
  {
    ...prepared('a raw post beside the route', undefined, (app, spy) =>
      express(app).post('/api/users/:id', named(spy)),
    ),
    times: 0,
  },
  {
    ...prepared('a raw get that answers', 'handler answer', (app, spy) =>
      express(app).get('/api/users/7', function answer(_req: Request, res: Response) {
        spy();
        res.status(202).json({ raw: true });
      }),
    ),
    status: 202,
    forwards: false,
  },
  {
    ...prepared('a raw get elsewhere that answers', undefined, (app, spy) =>
      express(app).get('/raw', (_req: Request, res: Response) => {
        spy();
        res.json({ raw: true });
      }),
    ),
    path: '/raw',
    forwards: false,
  },
  {
    name: 'app.use after the application was initialised, as Express has it: behind everything',
    runs: 'compiled',
    times: 0,
    open: (spy) => ({ module: appOf(), later: (app) => void app.use(named(spy)) }),
  },
  {
    name: 'a raw layer put in front after the application was initialised',
    runs: 'interpreted',
    because: 'middleware teamMiddleware',
    open: (spy) => ({
      module: appOf(),
      later: (app) => {
        express(app).use(named(spy));
        const { stack } = (express(app) as unknown as { router: { stack: unknown[] } }).router;
        stack.unshift(stack.pop());
      },
    }),
  },
  consumed("'*'", MODULES, '*path'),
  consumed('the prefix', MODULES, 'api/users/{*path}'),
  consumed('the route', MODULES, 'api/users/:id'),
  consumed('the route and its method', MODULES, { path: 'api/users/:id', method: RequestMethod.GET }),
  consumed(
    'the route and another method',
    undefined,
    { path: 'api/users/:id', method: RequestMethod.POST },
    0,
  ),
  consumed('elsewhere', undefined, 'elsewhere', 0),
  {
    ...prepared('enableCors', 'CORS', (app, spy) =>
      app.enableCors({
        origin: (_origin: unknown, done: (error: null, allowed: boolean) => void) => {
          spy();
          done(null, true);
        },
      }),
    ),
    ask: { headers: { Origin: 'https://shop.example' } },
  },
  {
    ...prepared('useSecurityHeaders', 'security headers or CSRF protection', (app) =>
      nest(app).useSecurityHeaders(),
    ),
    times: 0,
  },
  {
    ...prepared('enableCsrfProtection', 'security headers or CSRF protection', (app) =>
      nest(app).enableCsrfProtection(),
    ),
    times: 0,
  },
  prepared('setOnRequestHook', 'a request hook', (app, spy) =>
    adapter(app).setOnRequestHook((_req: unknown, _res: unknown, done: () => void) => {
      spy();
      done();
    }),
  ),
  prepared('setOnResponseHook', 'a response hook', (app, spy) => adapter(app).setOnResponseHook(() => spy())),
  prepared('setOnRouteTriggered', 'a route-triggered hook', (app, spy) =>
    adapter(app).setOnRouteTriggered(() => spy()),
  ),
  {
    // Nest 12 runs these hooks for microservices alone; the day it runs them for HTTP, nothing is skipped.
    ...prepared('registerPreRequestHook', 'a pre-request hook', (app, spy) =>
      app.get(ApplicationConfig).registerPreRequestHook((_context, next) => {
        spy();
        return next();
      }),
    ),
    times: 0,
  },
];

describe('a spy in a middleware or hook runs equally often on both ways', () => {
  it.each(DOORS)('$name', (door) => expectDoor(door));
});

describe('doors around a route', () => {
  it('writes the security headers of Nest on both ways', async () => {
    const door = DOORS.find(({ name }) => name === 'useSecurityHeaders') as Door;

    const { answer } = await pass(door, 'compiled');

    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });
});
