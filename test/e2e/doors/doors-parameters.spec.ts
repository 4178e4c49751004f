import { Readable } from 'node:stream';
import {
  Body,
  createParamDecorator,
  DefaultValuePipe,
  type ExecutionContext,
  Get,
  Header,
  Headers,
  HostParam,
  HttpCode,
  Inject,
  Ip,
  Next,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Redirect,
  Render,
  Req,
  Res,
  Session,
  Sse,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { Forward, ForwardCall, InjectUpstream, ProxyController, type UpstreamClient } from 'portcullis';
import { from, of } from 'rxjs';
import { describe, it } from 'vitest';
import { appOf, type Door, expectDoor, type Spy, USERS } from './door.fixture.js';

const SPY = 'the spy';
const POST_JSON = { method: 'POST', body: '{"a": 1}', headers: { 'Content-Type': 'application/json' } };

/** A custom parameter decorator of a team: it may read anything of Express's request. */
const Agent = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  context.switchToHttp().getRequest<Request>().get('x-agent'),
);

class Base {
  constructor(
    @InjectUpstream(USERS) protected readonly users: UpstreamClient,
    @Inject(SPY) protected readonly spy: Spy,
  ) {}

  protected sent(call: ForwardCall, ...seen: unknown[]) {
    this.spy();
    return this.users.forward(call.withHeader('x-seen', JSON.stringify(seen)));
  }
}

const DOORS: Door[] = [];

/** A controller whose one handler is the door. */
function door(name: string, controller: Type, rest: Partial<Door> & Pick<Door, 'runs'>): void {
  DOORS.push({
    name,
    open: (spy) => ({
      module: appOf({ controllers: [controller], providers: [{ provide: SPY, useValue: spy }] }),
    }),
    ...rest,
  });
}

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Params extends Base {
  @Get(':id/*path')
  one(
    @Param('id', ParseIntPipe) id: number,
    @Param('path') path: string[],
    @Param() all: Record<string, unknown>,
    @Query('a') a: string,
    @Query('n', new DefaultValuePipe(3), ParseIntPipe) n: number,
    @Query() query: Record<string, unknown>,
    @Headers('x-agent') agent: string,
    @Headers() headers: Record<string, string>,
    @Forward() call: ForwardCall,
  ) {
    return this.sent(call, id, path, { ...all }, a, n, { ...query }, agent, headers['x-agent']);
  }
}
door('@Param, @Query and @Headers, with pipes', Params, {
  runs: 'compiled',
  path: '/api/users/7/x%20y/z?a=%C3%A4&b=1&b=2',
  ask: { headers: { 'X-Agent': 'probe' } },
});
door('a pipe on a parameter that refuses', Params, {
  runs: 'compiled',
  path: '/api/users/seven/x',
  times: 0,
  status: 400,
  forwards: false,
});

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Custom extends Base {
  @Get(':id')
  one(@Agent() agent: string, @Forward() call: ForwardCall) {
    return this.sent(call, agent);
  }
}
door('a custom parameter decorator', Custom, {
  runs: 'interpreted',
  because: 'a custom parameter decorator',
  ask: { headers: { 'X-Agent': 'probe' } },
});

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Requests extends Base {
  @Get(':id')
  one(@Req() req: Request, @Res({ passthrough: true }) res: Response, @Forward() call: ForwardCall) {
    res.setHeader('x-set', 'by hand');
    return this.sent(call, req.params, req.get('host') !== undefined);
  }
}
door('@Req and @Res with passthrough', Requests, { runs: 'interpreted', because: '@Res, @Req' });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Written extends Base {
  @Get(':id')
  one(@Res() res: Response): void {
    this.spy();
    res.status(203).json({ written: true });
  }
}
door('@Res that writes the answer', Written, {
  runs: 'interpreted',
  because: '@Res',
  status: 203,
  forwards: false,
});

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Nexts extends Base {
  @Get(':id')
  one(@Next() next: NextFunction): void {
    this.spy();
    next();
  }
}
door('@Next', Nexts, { runs: 'interpreted', because: '@Next', status: 404, forwards: false });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Bodies extends Base {
  @Post(':id')
  one(@Body() body: unknown, @Body('a') a: number, @Forward() call: ForwardCall) {
    return this.sent(call, body, a);
  }
}
door('@Body', Bodies, { runs: 'interpreted', because: '@Body', ask: POST_JSON });
door('@Body with malformed JSON', Bodies, {
  runs: 'interpreted',
  because: '@Body',
  ask: { ...POST_JSON, body: '{' },
  times: 0,
  status: 400,
  forwards: false,
});

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Others extends Base {
  @Get(':id')
  one(
    @Ip() ip: string,
    @Session() session: unknown,
    @HostParam('tenant') tenant: unknown,
    @Forward() call: ForwardCall,
  ) {
    return this.sent(call, ip, session, tenant);
  }
}
door('@Ip, @Session and @HostParam', Others, { runs: 'interpreted', because: '@HostParam, @Session, @Ip' });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Coded extends Base {
  @Get(':id')
  @HttpCode(202)
  @Header('x-team', 'yes')
  one() {
    this.spy();
    return { accepted: true };
  }
}
door('@HttpCode and @Header', Coded, {
  runs: 'interpreted',
  because: '@HttpCode, @Header',
  status: 202,
  forwards: false,
});

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Redirects extends Base {
  @Get(':id')
  @Redirect('https://example.com/default', 301)
  one() {
    this.spy();
    return { url: 'https://example.com/chosen', statusCode: 307 };
  }
}
door('@Redirect', Redirects, { runs: 'interpreted', because: '@Redirect', status: 307, forwards: false });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Renders extends Base {
  @Get(':id')
  @Render('page')
  one() {
    this.spy();
    return { name: 'Ada' };
  }
}

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Events extends Base {
  @Sse(':id')
  one() {
    this.spy();
    return from([{ data: { n: 1 } }, { data: { n: 2 } }]);
  }
}
door('@Sse', Events, { runs: 'interpreted', because: '@Sse', forwards: false });

// What a handler may return.

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Observables extends Base {
  @Get(':id')
  one() {
    this.spy();
    return of({ n: 1 }, { n: 2 });
  }
}
door('a handler that returns an Observable', Observables, { runs: 'compiled', forwards: false });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Asyncs extends Base {
  @Get(':id')
  async one() {
    await Promise.resolve();
    this.spy();
    return 'text';
  }
}
door('an async handler', Asyncs, { runs: 'compiled', forwards: false });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Thenables extends Base {
  @Get(':id')
  one() {
    const then = (done: (value: unknown) => void): void => {
      this.spy();
      done({ late: true });
    };
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable is what this door is about
    return { then };
  }
}
door('a handler that returns a thenable', Thenables, { runs: 'compiled', forwards: false });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Files extends Base {
  @Get(':id')
  one() {
    this.spy();
    return new StreamableFile(Readable.from([Buffer.from('one,'), Buffer.from('two')]), {
      type: 'text/csv',
      disposition: 'attachment; filename="n.csv"',
      length: 7,
    });
  }
}
door('a handler that returns a StreamableFile', Files, { runs: 'compiled', forwards: false });

@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
class Nothings extends Base {
  @Get(':id')
  one(): void {
    this.spy();
  }
}
door('a handler that returns nothing', Nothings, { runs: 'compiled', forwards: false });

DOORS.push(
  {
    name: '@Render',
    runs: 'interpreted',
    because: '@Render',
    forwards: false,
    open: (spy) => ({
      module: appOf({ controllers: [Renders], providers: [{ provide: SPY, useValue: spy }] }),
      prepare: (app) => {
        const express = app as NestExpressApplication;
        express.engine('txt', (_file: string, options: object, done: (error: null, text: string) => void) =>
          done(null, `hello ${(options as { name: string }).name}`),
        );
        express.setViewEngine('txt');
        express.setBaseViewsDir(import.meta.dirname);
      },
    }),
  },
  {
    name: '@Query where Express was given a query parser of its own',
    runs: 'interpreted',
    because: 'a query parser of its own',
    path: '/api/users/7/x?a[b]=1',
    open: (spy) => ({
      module: appOf({ controllers: [Params], providers: [{ provide: SPY, useValue: spy }] }),
      prepare: (app) => (app as NestExpressApplication).set('query parser', 'extended'),
    }),
  },
);

describe('a spy in a handler runs equally often on both ways, and its arguments are the same', () => {
  it.each(DOORS)('$name', (one) => expectDoor(one));
});
