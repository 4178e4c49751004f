import { describe, expect, it } from 'vitest';
import {
  deriveHash,
  type PasswordHash,
  parsePasswordHash,
} from '../../../src/policies/authenticate/basic/password-hash.js';
import { commandLine } from './command-line.js';

describe('portcullis password hash', () => {
  it('prints a hash of what stands on standard input, and nothing of the password', async () => {
    const { exitCode, out, err } = await commandLine('password hash', {}, 'open sesame\n');

    const { cost, salt, hash } = parsePasswordHash(out.trim()) as PasswordHash;
    expect(exitCode).toBe(0);
    expect(cost).toEqual({ ln: 15, r: 8, p: 3 });
    expect(await deriveHash('open sesame', salt, hash.length, cost)).toEqual(hash);
    expect(out + err).not.toContain('sesame');
  });

  it.each([
    ['is empty', ''],
    ['holds a control character', 'two\nlines'],
    ['is over 1024 bytes long', 'x'.repeat(1_025)],
  ])('refuses a password that %s', async (fault, password) => {
    const { exitCode, out, err } = await commandLine('password hash', {}, password);

    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toContain(fault);
  });

  it.each(['password', 'password forget', 'password hash hunter2'])(
    'says how it is called when the line is %s',
    async (line) => {
      const { exitCode, err } = await commandLine(line);

      expect(exitCode).toBe(64);
      expect(err).toContain('portcullis password hash');
    },
  );
});
