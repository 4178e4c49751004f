import { Readable } from 'node:stream';
import {
  Controller,
  Get,
  type INestApplication,
  type Logger,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachExchange } from '../../../../src/contracts/exchange-of.js';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';
import {
  FilterResponse,
  Unfiltered,
} from '../../../../src/policies/filter-response/filter-response.decorator.js';
import { ResponseFilterInterceptor } from '../../../../src/policies/filter-response/response-filter.interceptor.js';
import { exchangeFor } from '../json-body/answer.fixture.js';

class Person {
  readonly born = new Date(0);
  readonly #secret = 'kept';
  constructor(readonly ssn: string) {}
  toJSON(): object {
    return { born: this.born, ssn: this.ssn, secret: this.#secret.length };
  }
}

@FilterResponse({ omit: ['ssn'] })
class Filtered {}

@Controller()
@UseInterceptors(ResponseFilterInterceptor)
class PeopleController extends Filtered {
  @Get('one') one() {
    return Promise.resolve(new Person('1'));
  }
  @Get('text') text() {
    return '{"ssn":1,"id":12345678901234567890}';
  }
  @Get('plain') plain() {
    return 'the ssn is 1';
  }
  @Get('bytes') bytes() {
    return Buffer.from('{"ssn":1}');
  }
  @Get('stream') stream() {
    return new StreamableFile(Readable.from(['{"ssn":1}']));
  }
  @Get('nothing') nothing() {}
  @FilterResponse({ pick: ['id'] })
  @Get('picked')
  picked() {
    return [{ id: 1, ssn: 2, name: 3 }];
  }
  @Unfiltered('the owner reads it')
  @Get('open')
  open() {
    return { ssn: 1 };
  }
  @FilterResponse({ omit: [] })
  @Get('wrong')
  wrong() {
    return { ssn: 1 };
  }
}

let app: INestApplication;
let proxied = false;

beforeAll(async () => {
  const module = await Test.createTestingModule({ controllers: [PeopleController] })
    .setLogger(SILENT as unknown as Logger)
    .compile();
  app = module.createNestApplication();
  app.use((req: never, _res: unknown, next: () => void) => {
    const exchange = exchangeFor();
    exchange.route = { proxied } as RouteFacts;
    attachExchange(req, exchange);
    next();
  });
  await app.init();
});
afterAll(() => app.close());

const get = (path: string) => request(app.getHttpServer()).get(path);

describe('ResponseFilterInterceptor on an ordinary controller', () => {
  it('filters what the returned object becomes as JSON, by a declaration of the class it extends', async () => {
    const response = await get('/one').expect(200);

    expect(response.body).toEqual({ born: '1970-01-01T00:00:00.000Z', secret: 4 });
  });

  it('prefers the method to the controller, and obeys the off form', async () => {
    const picked = await get('/picked');
    const open = await get('/open');

    expect(picked.body).toEqual([{ id: 1 }]);
    expect(open.body).toEqual({ ssn: 1 });
  });

  it('filters a string that is JSON, digit by digit', async () => {
    const response = await get('/text').expect(200);

    expect(response.text).toBe('{"id":12345678901234567890}');
  });

  it('lets nothing pass as nothing', async () => {
    const response = await get('/nothing').expect(200);

    expect(response.text).toBe('');
  });

  it.each(['/plain', '/bytes', '/stream', '/wrong'])(
    'answers 500 rather than unfiltered: %s',
    async (path) => {
      const response = await get(path).expect(500);

      expect(response.text).not.toContain('ssn');
    },
  );

  it('leaves proxy routes to their stage, and stands for no policy of its own', async () => {
    proxied = true;
    const response = await get('/picked');
    proxied = false;

    expect(response.body).toEqual([{ id: 1, ssn: 2, name: 3 }]);
    expect(new ResponseFilterInterceptor().portcullisPolicies()).toEqual([]);
  });
});

const nothing = (): void => {};
const SILENT = {
  log: nothing,
  error: nothing,
  warn: nothing,
  debug: nothing,
  verbose: nothing,
  fatal: nothing,
};
