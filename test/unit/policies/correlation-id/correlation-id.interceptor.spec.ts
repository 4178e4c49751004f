import { Controller, Get, type INestApplication, UseInterceptors } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCompilable } from '../../../../src/contracts/compilable-enhancer.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { attachExchange } from '../../../../src/contracts/exchange-of.js';
import { CorrelationIdInterceptor } from '../../../../src/policies/correlation-id/correlation-id.interceptor.js';

@Controller()
@UseInterceptors(CorrelationIdInterceptor)
class PlainController {
  @Get() answer() {
    return 'ok';
  }
}

let app: INestApplication;
let intake: string | undefined;

beforeAll(async () => {
  const module = await Test.createTestingModule({ controllers: [PlainController] }).compile();
  app = module.createNestApplication();
  app.use((req: never, res: never, next: () => void) => {
    if (intake !== undefined) {
      attachExchange(req, new Exchange(req, res, 'GET', '/', '', '127.0.0.1', intake, 0, undefined));
    }
    next();
  });
  await app.init();
});
afterAll(() => app.close());

const idOf = async (sent?: string): Promise<string | undefined> => {
  const call = request(app.getHttpServer()).get('/');
  const response = await (sent === undefined ? call : call.set('x-correlation-id', sent)).expect(200);
  return response.headers['x-correlation-id'];
};

describe('CorrelationIdInterceptor on an ordinary controller', () => {
  it('answers with the id of the exchange where the edge ran', async () => {
    intake = 'from-the-edge';

    const id = await idOf('from-the-client');
    intake = undefined;

    expect(id).toBe('from-the-edge');
  });

  it('adopts a valid id and mints one otherwise where no edge ran', async () => {
    expect(await idOf('from-the-client')).toBe('from-the-client');
    expect(await idOf('not valid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('compiles to nothing: the edge does the same for every answer', () => {
    const interceptor = new CorrelationIdInterceptor();

    expect(isCompilable(interceptor, 'intercept')).toBe(true);
    expect(interceptor.portcullisPolicies()).toEqual([]);
  });
});
