import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHostsFile } from '../../../src/config/hosts-file.js';
import type { ConfigProblem } from '../../../src/contracts/config-problem.js';

function read(text: string) {
  const problems: ConfigProblem[] = [];
  const hosts = readHostsFile(text, 'DNS_HOSTS_FILE', problems);
  return { hosts: Object.fromEntries(hosts), messages: problems.map(({ message }) => message) };
}

describe('a hosts file', () => {
  it('gives every name of a line the address of the line', () => {
    expect(
      read('127.0.0.1 user-service users.internal # the stand-in\n\n# nothing\n::1\tOrder_Service\r\n'),
    ).toEqual({
      hosts: { 'user-service': ['127.0.0.1'], 'users.internal': ['127.0.0.1'], order_service: ['::1'] },
      messages: [],
    });
  });

  it('gives a name that stands on several lines all their addresses, each once', () => {
    expect(read('10.0.0.1 a\n10.0.0.2 a\n10.0.0.1 A').hosts).toEqual({ a: ['10.0.0.1', '10.0.0.2'] });
  });

  it.each([
    [
      'user-service 127.0.0.1',
      'line 1: begins with "user-service"; must be an IP address with names behind it.',
    ],
    ['127.0.0.1', 'line 1: 127.0.0.1 has no name; give it at least one, or take the line out.'],
    ['10.0.0.1 a\n127.0.0.1 -b', 'line 2: "-b" is no host name; use letters, digits, dashes and dots.'],
    ['127.0.0.1 a..b', 'line 1: "a..b" is no host name; use letters, digits, dashes and dots.'],
    ['127.0.0.300 a', 'line 1: begins with "127.0.0.300"; must be an IP address with names behind it.'],
  ])('refuses the line %j', (text, message) => {
    expect(read(text).messages).toEqual([message]);
  });

  it('takes any text for lines, and never fails', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const addresses of Object.values(read(text).hosts)) expect(addresses.length).toBeGreaterThan(0);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
