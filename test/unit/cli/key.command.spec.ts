import { describe, expect, it } from 'vitest';
import { digestOfApiKey } from '../../../src/contracts/api-key-text.js';
import { readKeyLines } from '../../../src/policies/authenticate/consumers/api-keys.lines.js';
import { readConsumersFile } from '../../../src/policies/authenticate/consumers/consumers.file.js';
import { commandLine } from './command-line.js';

/** The key and what stands below it. */
function parts(out: string): { readonly key: string; readonly rest: string } {
  const [key = '', rest = ''] = out.split('\n\n');
  return { key, rest: rest.trimEnd() };
}

describe('portcullis key create', () => {
  it('prints a key once, and what the consumers file takes', async () => {
    const { exitCode, out, err } = await commandLine(
      'key create --consumer acme --id k1 --scope orders:read --scope orders:write --expires 90d --plan gold',
    );
    const { key, rest } = parts(out);
    const { entries, problems } = readConsumersFile(`{"consumers":[${rest}]}`, 'file');

    expect(exitCode).toBe(0);
    expect(key).toMatch(/^pk_[0-9A-Za-z]{49}$/);
    expect(`${rest}${err}`).not.toContain(key);
    expect(problems).toEqual([]);
    expect(entries[0]).toMatchObject({
      consumer: { id: 'acme', plan: 'gold' },
      apiKeys: [{ id: 'k1', digest: digestOfApiKey(key), scopes: new Set(['orders:read', 'orders:write']) }],
    });
    const days = ((entries[0]?.apiKeys[0]?.expiresAtMs ?? 0) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
  });

  it('prints a line for API_KEYS', async () => {
    const { out } = await commandLine('key create --consumer acme --scope orders:read --for env');
    const { key, rest } = parts(out);

    expect(readKeyLines(rest, 'API_KEYS')).toMatchObject({
      keys: [{ consumer: 'acme', record: { digest: digestOfApiKey(key), scopes: new Set(['orders:read']) } }],
      problems: [],
    });
  });

  it('prints the command for Redis, quoted for the shell', async () => {
    const { out } = await commandLine("key create --consumer acme --id k1 --scope it's --for redis");
    const { key, rest } = parts(out);

    expect(rest).toBe(
      `redis-cli SET portcullis:api-key:${digestOfApiKey(key)} '{"consumer":{"id":"acme"},"id":"k1","scopes":["it'\\''s"]}'`,
    );
  });

  it.each([
    ['create', 'key create needs --consumer'],
    ['', 'key needs one word behind it: create or digest.'],
    ['create more --consumer acme', 'key needs one word behind it'],
    ['create --consumer /', '--consumer must be a text of letters'],
    ['create --consumer acme --id /', '--id must be a text of letters'],
    ['create --consumer acme --plan /', '--plan must be a text of letters'],
    ['create --consumer acme --scope "', '--scope must be a list of scopes'],
    ['create --consumer acme --expires soon', '--expires is "soon"; must be a number with s, m, h or d'],
    ['create --consumer acme --for paper', '--for is "paper"; must be one of file, env, redis.'],
    [
      'create --consumer acme --for env --expires 1d --plan gold',
      'API_KEYS has no place for --expires, --plan',
    ],
  ])('refuses `key %s` and makes no key', async (line, reason) => {
    const { exitCode, out, err } = await commandLine(`key ${line}`);

    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toContain(reason);
  });
});

describe('portcullis key digest', () => {
  it('prints the digest of a key on standard input, without its line break', async () => {
    const { exitCode, out } = await commandLine('key digest', {}, 'a-key\n');

    expect([exitCode, out]).toEqual([0, `sha256:${digestOfApiKey('a-key')}\n`]);
  });

  it.each(['', '\n', 'two words', 'naïve', 'x'.repeat(257)])(
    'refuses %j, and does not repeat it',
    async (input) => {
      const { exitCode, out, err } = await commandLine('key digest', {}, input);

      expect([exitCode, out]).toEqual([64, '']);
      expect(err).toContain('1–256 visible ASCII characters');
      if (input.trim() !== '') expect(err).not.toContain(input);
    },
  );
});
