import {
  type ArgumentsHost,
  BadRequestException,
  Body,
  type CallHandler,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Header,
  Headers,
  HttpCode,
  HttpException,
  Injectable,
  Module,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Redirect,
  Res,
  StreamableFile,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayError,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
  UpstreamResponse,
} from 'portcullis';
import { map, type Observable, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, WAYS } from '../support/gateway.harness.js';
import { bearer } from '../support/tokens.js';

interface TeamReply {
  status(code: number): TeamReply;
  setHeader(name: string, value: string): TeamReply;
  json(body: unknown): void;
  send(body: string): void;
}

/** A team's own error format. */
@Catch()
class TeamFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const status =
      error instanceof HttpException ? error.getStatus() : error instanceof GatewayError ? error.status : 500;
    const code = error instanceof GatewayError ? error.code : 'team';
    host.switchToHttp().getResponse<TeamReply>().status(status).json({ team: true, code });
  }
}

/** Answers only its own error; all others go on to the gateway. */
class OutOfStock extends Error {}

@Catch(OutOfStock)
class OutOfStockFilter implements ExceptionFilter {
  catch(_error: OutOfStock, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<TeamReply>().status(409).json({ outOfStock: true });
  }
}

@Injectable()
class StampInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(
        map((answer) =>
          answer instanceof UpstreamResponse ? answer.withHeader('X-Stamped', 'yes') : answer,
        ),
      );
  }
}

const SHOP = defineUpstream('shop-service', { targets: env('UPSTREAM_URL'), timeout: { headersMs: 100 } });

@ProxyController(SHOP, 'shop')
class ShopController {
  constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

  @Post('accepted')
  @HttpCode(202)
  accepted() {
    return { accepted: true };
  }

  @Post('created')
  created() {
    return { created: true };
  }

  @Get('header')
  @Header('X-Team', 'yes')
  header(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('moved')
  @Redirect('/elsewhere', 301)
  moved(): void {}

  @Get('moved-by-hand')
  @Redirect('/elsewhere')
  movedByHand() {
    return { url: '/chosen', statusCode: 307 };
  }

  @Get('own-reply')
  ownReply(@Res() res: TeamReply) {
    res.status(418).setHeader('X-Own', 'yes').send('short and stout');
  }

  @Get('half-reply')
  halfReply(@Res({ passthrough: true }) res: TeamReply, @Forward() call: ForwardCall) {
    res.setHeader('X-Own', 'yes');
    return this.shop.forward(call);
  }

  @Post('body')
  body(@Body() body: { name: string }, @Body('name') name: string, @Forward() call: ForwardCall) {
    return this.shop.forward(call.withHeader('x-name', `${body.name} ${name}`));
  }

  @Get('number/:id')
  number(@Param('id', ParseIntPipe) id: number, @Query('q') q: string | string[], @Headers('x-a') a: string) {
    return { id, q, a };
  }

  @Get('text')
  text() {
    return 'hello';
  }

  @Get('nothing')
  nothing(): void {}

  @Get('file')
  file() {
    return new StreamableFile(Buffer.from('a,b\n'), { type: 'text/csv', disposition: 'attachment' });
  }

  @Get('observable')
  observable() {
    return of({ last: false }, { last: true });
  }

  @Get('nested')
  async nested(@Forward() call: ForwardCall) {
    return { answer: await this.shop.forward(call) };
  }

  @Get('refused')
  refused() {
    throw new BadRequestException('the size is missing');
  }

  @Get('broken')
  broken() {
    throw new Error('secret cause at /srv/app.ts');
  }

  @Get('filtered/team')
  @UseFilters(TeamFilter)
  @RequireScope('shop:read')
  filtered(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('filtered/stock/:kind')
  @UseFilters(OutOfStockFilter)
  stock(@Param('kind') kind: string) {
    if (kind === 'none') throw new OutOfStock();
    if (kind === 'bad') throw new BadRequestException('no such kind');
    return { kind };
  }

  @Get('stamped')
  @UseInterceptors(StampInterceptor)
  stamped(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SHOP)],
  controllers: [ShopController],
})
class AppModule {}

describe.each(WAYS)("Nest's own words on a proxy controller, %s", (way) => {
  const fixture = gatewayOf(AppModule, { way });

  it('keeps @HttpCode for what a handler makes, and 201 for POST without it', async () => {
    const accepted = await fixture.ask('/shop/accepted', { method: 'POST' });
    const created = await fixture.ask('/shop/created', { method: 'POST' });

    expect([accepted.status, created.status]).toEqual([202, 201]);
    expect(accepted.json()).toEqual({ accepted: true });
  });

  it('puts @Header on an upstream answer', async () => {
    const answer = await fixture.ask('/shop/header');

    expect(answer.headers['x-team']).toBe('yes');
    expect(answer.text).toBe('{"ok":true}');
  });

  it('redirects as @Redirect says, and as the handler says instead', async () => {
    const declared = await fixture.ask('/shop/moved');
    const chosen = await fixture.ask('/shop/moved-by-hand');

    expect([declared.status, declared.headers.location]).toEqual([301, '/elsewhere']);
    expect([chosen.status, chosen.headers.location]).toEqual([307, '/chosen']);
    expect(declared.headers['x-correlation-id']).toBeDefined();
  });

  it('lets a handler with @Res() write the answer itself', async () => {
    const answer = await fixture.ask('/shop/own-reply');

    expect(answer.status).toBe(418);
    expect(answer.headers['x-own']).toBe('yes');
    expect(answer.text).toBe('short and stout');
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('adds what @Res({ passthrough }) set to an upstream answer', async () => {
    const answer = await fixture.ask('/shop/half-reply');

    expect(answer.headers['x-own']).toBe('yes');
    expect(answer.text).toBe('{"ok":true}');
  });

  it('parses @Body and forwards the very bytes that came', async () => {
    const body = '{ "name" : "Ada" }';
    const answer = await fixture.ask('/shop/body', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });

    expect(answer.status).toBe(200);
    expect(fixture.upstream.last.headers['x-name']).toBe('Ada Ada');
    expect(fixture.upstream.last.body.toString()).toBe(body);
  });

  it('answers 400 to a malformed @Body and asks no upstream', async () => {
    const answer = await fixture.ask('/shop/body', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"name":',
    });

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'bad-request' });
    expect(fixture.upstream.received).toHaveLength(0);
  });

  it('runs pipes on parameters and hands over query and headers', async () => {
    const sound = await fixture.ask('/shop/number/07?q=a&q=b', { headers: { 'X-A': 'x' } });
    const unsound = await fixture.ask('/shop/number/seven');

    expect(sound.json()).toEqual({ id: 7, q: ['a', 'b'], a: 'x' });
    expect(unsound.status).toBe(400);
    expect(unsound.headers['content-type']).toBe('application/problem+json');
    expect(unsound.json()).toMatchObject({ status: 400, title: 'Bad Request' });
  });

  it('answers text, nothing, files and the last value of an Observable as Nest does', async () => {
    const text = await fixture.ask('/shop/text');
    const nothing = await fixture.ask('/shop/nothing');
    const file = await fixture.ask('/shop/file');
    const observable = await fixture.ask('/shop/observable');

    expect([text.text, text.headers['content-type']]).toEqual(['hello', 'text/html; charset=utf-8']);
    expect([nothing.status, nothing.text]).toEqual([200, '']);
    expect([file.text, file.headers['content-type'], file.headers['content-disposition']]).toEqual([
      'a,b\n',
      'text/csv',
      'attachment',
    ]);
    expect(observable.json()).toEqual({ last: true });
  });

  it('answers 500 and leaks nothing when an upstream answer is nested in another', async () => {
    fixture.upstream.respond = (_req, res) => res.end('{"secret":"hidden"}');

    const answer = await fixture.ask('/shop/nested');

    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'internal' });
    expect(answer.text).not.toMatch(/hidden|UpstreamResponse/);
  });

  it("answers a team's HttpException as a problem document", async () => {
    const answer = await fixture.ask('/shop/refused');

    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 400, detail: 'the size is missing' });
  });

  it('answers 500 without the cause when a handler breaks, and logs the exchange', async () => {
    const answer = await fixture.ask('/shop/broken');

    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'internal' });
    expect(answer.text).not.toMatch(/secret|srv/);
    await expect
      .poll(() =>
        fixture.running.lines().find(({ event, path }) => event === 'request' && path === '/shop/broken'),
      )
      .toMatchObject({ status: 500, error: 'internal' });
  });

  it("lets a team's exception filter answer 401, 403, 502 and 504", async () => {
    const scoped = { headers: bearer({ scope: 'shop:read' }) };
    const unauthenticated = await fixture.ask('/shop/filtered/team', {
      headers: { Authorization: 'Bearer x' },
    });
    const forbidden = await fixture.ask('/shop/filtered/team');
    fixture.upstream.respond = () => {};
    const late = await fixture.ask('/shop/filtered/team', scoped);

    expect([unauthenticated.status, forbidden.status, late.status]).toEqual([401, 403, 504]);
    expect(unauthenticated.json()).toEqual({ team: true, code: 'unauthenticated' });
    expect(forbidden.json()).toEqual({ team: true, code: 'forbidden' });
    expect(late.json()).toEqual({ team: true, code: 'upstream-timeout' });
    expect(late.headers['x-correlation-id']).toBeDefined();
  });

  it('leaves what a filter does not catch to the gateway', async () => {
    const caught = await fixture.ask('/shop/filtered/stock/none');
    const other = await fixture.ask('/shop/filtered/stock/bad');
    const fine = await fixture.ask('/shop/filtered/stock/all');

    expect([caught.status, caught.json()]).toEqual([409, { outOfStock: true }]);
    expect(other.status).toBe(400);
    expect(other.headers['content-type']).toBe('application/problem+json');
    expect(fine.json()).toEqual({ kind: 'all' });
  });

  it('keeps a route compiled whose only foreign thing is a filter', async () => {
    const routes = (await ask(`${fixture.running.adminUrl}/routes`)).json() as {
      path: string;
      mode: string;
    }[];

    const route = routes.find(({ path }) => path === '/shop/filtered/team');
    expect(route?.mode).toBe(way);
  });

  it("lets a team's interceptor map the upstream answer", async () => {
    const answer = await fixture.ask('/shop/stamped');

    expect(answer.headers['x-stamped']).toBe('yes');
    expect(answer.text).toBe('{"ok":true}');
  });
});
