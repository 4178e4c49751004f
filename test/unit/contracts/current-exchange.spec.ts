import { describe, expect, it } from 'vitest';
import { currentExchange, runInExchange } from '../../../src/contracts/current-exchange.js';
import type { Exchange } from '../../../src/contracts/exchange.js';

const exchange = (id: string): Exchange => ({ correlationId: id }) as Exchange;

describe('currentExchange', () => {
  it('is undefined outside every request', () => {
    expect(currentExchange()).toBeUndefined();
  });

  it('is the own one of each of two handlers that wait at the same time', async () => {
    const handler = async (): Promise<string | undefined> => {
      await new Promise((resolve) => setImmediate(resolve));
      return currentExchange()?.correlationId;
    };

    const ids = await Promise.all([
      runInExchange(exchange('one'), handler),
      runInExchange(exchange('two'), handler),
    ]);

    expect(ids).toEqual(['one', 'two']);
  });
});
