import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../../src/targets/address-book.js';
import { DeniedAddresses } from '../../../src/targets/denied-addresses.js';
import type { Lookup } from '../../../src/targets/lookup.js';

const v4 = (address: string): LookupAddress => ({ address, family: 4 });
const v6 = (address: string): LookupAddress => ({ address, family: 6 });

/** What a dial gets: the addresses in the order they are tried, or why there are none. */
const dial = (book: AddressBook, host = 'stock.test'): Promise<readonly string[] | string> =>
  new Promise((resolve) => {
    book.lookup(host, {}, (error, addresses) => {
      if (error !== null) resolve(`${(error as { code?: string }).code}: ${(error.cause as Error).message}`);
      else resolve((addresses as LookupAddress[]).map(({ address }) => address));
    });
  });

function arrange(lookup: Lookup, deny: readonly string[] = []): AddressBook {
  const book = new AddressBook({
    refreshMs: 5_000,
    denied: deny.length === 0 ? undefined : new DeniedAddresses(deny),
    lookup,
  });
  // Without the background, which other tests are about.
  book.close();
  return book;
}

describe('AddressBook', () => {
  it('begins with another address each time, and keeps the family that the system prefers in front', async () => {
    const book = arrange((_host, answer) =>
      answer(null, [v6('::1'), v4('10.0.0.1'), v6('::2'), v4('10.0.0.2')]),
    );

    const dials = [await dial(book), await dial(book), await dial(book)];

    expect(dials).toEqual([
      ['::1', '::2', '10.0.0.1', '10.0.0.2'],
      ['::2', '::1', '10.0.0.2', '10.0.0.1'],
      ['::1', '::2', '10.0.0.1', '10.0.0.2'],
    ]);
  });

  it('answers at once when the name is known', async () => {
    const book = arrange((_host, answer) => answer(null, [v4('10.0.0.1')]));
    await dial(book);
    let answered = false;

    book.lookup('stock.test', {}, () => {
      answered = true;
    });

    expect(answered).toBe(true);
  });

  it('names the addresses that were denied when there is no other', async () => {
    const book = arrange((_host, answer) => answer(null, [v4('127.0.0.1'), v6('::1')]), ['loopback']);

    const refusal =
      'upstream-unreachable: stock.test is 127.0.0.1, ::1, which dns.deny does not let the gateway connect to';

    expect([await dial(book), await dial(book)]).toEqual([refusal, refusal]);
  });

  it('takes a name without an address for a failed lookup', async () => {
    const book = arrange((_host, answer) => answer(null, []));

    expect(await dial(book)).toBe('upstream-unreachable: stock.test has no address');
  });

  it('keeps names apart', async () => {
    const book = arrange((host, answer) => answer(null, [v4(host === 'a.test' ? '10.0.0.1' : '10.0.0.2')]));

    expect([await dial(book, 'a.test'), await dial(book, 'b.test')]).toEqual([['10.0.0.1'], ['10.0.0.2']]);
  });

  it('hears one answer to each lookup', async () => {
    const book = arrange((_host, answer) => {
      answer(null, [v4('10.0.0.1')]);
      answer(null, [v4('10.0.0.2')]);
    });

    expect([await dial(book), await dial(book)]).toEqual([['10.0.0.1'], ['10.0.0.1']]);
  });

  it('does not admit an address that is denied; a name it does, until it resolves', () => {
    const book = arrange(() => {}, ['link-local']);

    expect(() => book.admit('169.254.169.254')).toThrow('dns.deny does not let the gateway connect');
    expect(() => book.admit('10.0.0.1')).not.toThrow();
    expect(() => book.admit('stock.test')).not.toThrow();
  });
});
