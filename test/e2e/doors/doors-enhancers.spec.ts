import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  ForbiddenException,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import type { Response } from 'express';
import { JwtAuthGuard, RateLimit, RateLimitGuard } from 'portcullis';
import { map, type Observable } from 'rxjs';
import { describe, it } from 'vitest';
import { appOf, type Door, expectDoor, type Spy, usersController } from './door.fixture.js';

const SPY = 'the spy';

/** Guards, interceptors, pipes and filters of a team, as classes that find their spy by injection. */
@Injectable()
class TeamGuard implements CanActivate {
  constructor(@Inject(SPY) private readonly spy: Spy) {}

  canActivate(): boolean {
    this.spy();
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedGuard extends TeamGuard {
  constructor(
    @Inject(SPY) spy: Spy,
    @Inject(REQUEST) readonly request: object,
  ) {
    super(spy);
  }
}

@Injectable()
class ClosedGuard implements CanActivate {
  canActivate(): never {
    throw new ForbiddenException('not today');
  }
}

@Injectable()
class TeamInterceptor implements NestInterceptor {
  constructor(@Inject(SPY) private readonly spy: Spy) {}

  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((value: unknown) => {
        this.spy();
        return value;
      }),
    );
  }
}

@Injectable()
class TeamPipe implements PipeTransform {
  constructor(@Inject(SPY) private readonly spy: Spy) {}

  transform(value: unknown): unknown {
    this.spy();
    return value;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedPipe extends TeamPipe {
  constructor(
    @Inject(SPY) spy: Spy,
    @Inject(REQUEST) readonly request: object,
  ) {
    super(spy);
  }
}

@Catch(ForbiddenException, BadRequestException)
class TeamFilter implements ExceptionFilter {
  constructor(@Inject(SPY) private readonly spy: Spy) {}

  catch(error: ForbiddenException, host: ArgumentsHost): void {
    this.spy();
    host.switchToHttp().getResponse<Response>().status(418).json({ said: error.message });
  }
}

@Injectable()
class RefusingPipe implements PipeTransform {
  transform(): never {
    throw new BadRequestException('not like this');
  }
}

/** Guards that extend the gateway's own. */
@Injectable()
class HouseJwtGuard extends JwtAuthGuard {
  @Inject(SPY) private readonly spy: Spy;

  override canActivate(...args: Parameters<JwtAuthGuard['canActivate']>): boolean | Promise<boolean> {
    this.spy();
    return super.canActivate(...args);
  }
}

@Injectable()
class HouseRateLimitGuard extends RateLimitGuard {
  @Inject(SPY) private readonly spy: Spy;

  override canActivate(...args: Parameters<RateLimitGuard['canActivate']>): Promise<boolean> {
    this.spy();
    return super.canActivate(...args);
  }
}

const withSpy = (spy: Spy, providers: readonly object[] = []) => ({
  providers: [{ provide: SPY, useValue: spy }, ...providers] as never,
});

const bind = (decorator: ClassDecorator & MethodDecorator, where: 'class' | 'method'): Type =>
  usersController(where === 'class' ? { onClass: [decorator] } : { onMethod: [decorator] });

function applied(name: string, token: string, enhancer: Type, because: string): Door {
  return {
    name,
    runs: 'interpreted',
    because,
    open: (spy) => ({ module: appOf(withSpy(spy, [{ provide: token, useClass: enhancer }])) }),
  };
}

function bound(name: string, decorator: ClassDecorator & MethodDecorator, because: string): Door[] {
  return (['class', 'method'] as const).map((where) => ({
    name: `${name} on the ${where}`,
    runs: 'interpreted',
    because,
    open: (spy) => ({ module: appOf({ controllers: [bind(decorator, where)], ...withSpy(spy) }) }),
  }));
}

const failing = (more: readonly MethodDecorator[] = []): Type =>
  usersController({ onMethod: [UsePipes(new RefusingPipe()), ...more] });

const DOORS: readonly Door[] = [
  applied('APP_GUARD', APP_GUARD, TeamGuard, 'guard TeamGuard'),
  applied(
    'a request-scoped APP_GUARD',
    APP_GUARD,
    RequestScopedGuard,
    'a request-scoped provider, a request-scoped global enhancer',
  ),
  applied('APP_INTERCEPTOR', APP_INTERCEPTOR, TeamInterceptor, 'interceptor TeamInterceptor'),
  {
    name: 'useGlobalGuards',
    runs: 'interpreted',
    because: 'guard TeamGuard',
    open: (spy) => ({ module: appOf(), prepare: (app) => app.useGlobalGuards(new TeamGuard(spy)) }),
  },
  {
    name: 'useGlobalInterceptors',
    runs: 'interpreted',
    because: 'interceptor TeamInterceptor',
    open: (spy) => ({
      module: appOf(),
      prepare: (app) => app.useGlobalInterceptors(new TeamInterceptor(spy)),
    }),
  },
  ...bound('@UseGuards', UseGuards(TeamGuard), 'guard TeamGuard'),
  ...bound(
    '@UseGuards with a request-scoped guard',
    UseGuards(RequestScopedGuard),
    'a request-scoped provider, guard that is not ready at boot',
  ),
  ...bound('@UseInterceptors', UseInterceptors(TeamInterceptor), 'interceptor TeamInterceptor'),
  {
    name: 'a guard that is an object',
    runs: 'interpreted',
    because: 'guard Object',
    open: (spy) => {
      const guard: CanActivate = {
        canActivate: () => {
          spy();
          return true;
        },
      };
      return { module: appOf({ controllers: [usersController({ onMethod: [UseGuards(guard)] })] }) };
    },
  },
  // The @Forward() argument runs through every pipe: these are compiled.
  { ...applied('APP_PIPE', APP_PIPE, TeamPipe, ''), runs: 'compiled' },
  {
    name: 'useGlobalPipes',
    runs: 'compiled',
    open: (spy) => ({ module: appOf(), prepare: (app) => app.useGlobalPipes(new TeamPipe(spy)) }),
  },
  ...bound('@UsePipes', UsePipes(TeamPipe), '').map((door) => ({ ...door, runs: 'compiled' as const })),
  ...bound(
    '@UsePipes with a request-scoped pipe',
    UsePipes(RequestScopedPipe),
    'a request-scoped provider, a pipe that is not ready at boot',
  ),
  // A filter alone leaves the route compiled: its errors are handed to Express.
  {
    name: 'APP_FILTER',
    runs: 'compiled',
    status: 418,
    forwards: false,
    open: (spy) => ({
      module: appOf({
        controllers: [failing()],
        ...withSpy(spy, [{ provide: APP_FILTER, useClass: TeamFilter }]),
      }),
    }),
  },
  {
    name: 'useGlobalFilters',
    runs: 'compiled',
    status: 418,
    forwards: false,
    open: (spy) => ({
      module: appOf({ controllers: [failing()] }),
      prepare: (app) => app.useGlobalFilters(new TeamFilter(spy)),
    }),
  },
  {
    name: '@UseFilters on the class',
    runs: 'compiled',
    status: 418,
    forwards: false,
    open: (spy) => ({
      module: appOf({
        controllers: [
          usersController({ onClass: [UseFilters(TeamFilter)], onMethod: [UsePipes(new RefusingPipe())] }),
        ],
        ...withSpy(spy),
      }),
    }),
  },
  {
    name: '@UseFilters on the method',
    runs: 'compiled',
    status: 418,
    forwards: false,
    open: (spy) => ({ module: appOf({ controllers: [failing([UseFilters(TeamFilter)])], ...withSpy(spy) }) }),
  },
  {
    name: 'a filter behind a guard that refuses',
    runs: 'interpreted',
    because: 'guard ClosedGuard',
    status: 418,
    forwards: false,
    open: (spy) => ({
      module: appOf({
        controllers: [usersController({ onMethod: [UseGuards(ClosedGuard), UseFilters(TeamFilter)] })],
        ...withSpy(spy),
      }),
    }),
  },
  {
    name: 'a filter that catches something else',
    runs: 'compiled',
    times: 0,
    open: (spy) => ({ module: appOf(withSpy(spy, [{ provide: APP_FILTER, useClass: TeamFilter }])) }),
  },
  // Guards that extend the gateway's own and override what they do.
  {
    name: 'a guard that extends JwtAuthGuard',
    runs: 'interpreted',
    because: 'guard HouseJwtGuard',
    open: (spy) => ({
      module: appOf({
        controllers: [usersController({ onMethod: [UseGuards(HouseJwtGuard)] })],
        ...withSpy(spy),
      }),
    }),
  },
  {
    name: 'a guard that extends RateLimitGuard',
    runs: 'interpreted',
    because: 'guard HouseRateLimitGuard',
    open: (spy) => ({
      module: appOf({
        controllers: [
          usersController({
            onMethod: [UseGuards(HouseRateLimitGuard), RateLimit({ limit: 10, window: '1m', by: 'subject' })],
          }),
        ],
        ...withSpy(spy),
      }),
    }),
  },
  {
    name: "the gateway's own guards as they are",
    runs: 'compiled',
    times: 0,
    open: () => ({
      module: appOf({
        controllers: [usersController({ onMethod: [UseGuards(JwtAuthGuard, RateLimitGuard)] })],
      }),
    }),
  },
];

describe('a spy in an enhancer of Nest runs equally often on both ways', () => {
  it.each(DOORS)('$name', (door) => expectDoor(door));
});
