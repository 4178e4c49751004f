import { describe, expect, it } from 'vitest';
import { isLoopbackHost } from '../../../src/admin/loopback-host.js';

describe('a name of this machine', () => {
  it.each([
    'localhost',
    'LocalHost:9901',
    '127.0.0.1',
    '127.0.0.1:9901',
    '127.8.9.10:1',
    '[::1]',
    '[::1]:9901',
  ])('%s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    'evil.example:127.0.0.1',
    '127.0.0.1.evil.example',
    '127.0.0',
    '192.0.2.1',
    'localhost:',
    ' localhost',
    'user@localhost',
    '[::2]',
  ])('is not %j', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
