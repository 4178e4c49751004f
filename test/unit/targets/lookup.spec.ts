import { describe, expect, it } from 'vitest';
import { type Lookup, lookupBySystem, lookupIn } from '../../../src/targets/lookup.js';

const answerOf = (lookup: Lookup, host: string) =>
  new Promise<readonly { address: string; family: number }[]>((resolve, reject) => {
    lookup(host, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });

describe('a lookup', () => {
  const hosts = new Map([['users', ['127.0.0.7', '::1']]]);

  it('answers the names of its list from the list, whatever their case', async () => {
    const lookup = lookupIn(hosts, (_host, answer) => answer(new Error('asked'), []));

    expect(await answerOf(lookup, 'Users')).toEqual([
      { address: '127.0.0.7', family: 4 },
      { address: '::1', family: 6 },
    ]);
  });

  it('asks for all other names', async () => {
    const lookup = lookupIn(hosts, (_host, answer) => answer(null, [{ address: '10.0.0.1', family: 4 }]));

    expect(await answerOf(lookup, 'orders')).toEqual([{ address: '10.0.0.1', family: 4 }]);
  });

  it('asks the system by itself', async () => {
    expect((await answerOf(lookupIn(hosts), 'localhost')).map(({ address }) => address)).toEqual(
      (await answerOf(lookupBySystem, 'localhost')).map(({ address }) => address),
    );
  });
});
