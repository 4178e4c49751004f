import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.js';

const SECRET = { JWT_SECRET: 'a-secret-for-tests-that-is-long-enough' };

function read(token: string): { readonly head: object; readonly claims: Record<string, unknown> } {
  const [head, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  return { head: head ?? {}, claims: claims ?? {} };
}

describe('portcullis token', () => {
  it('signs a token for the subject, scopes and time asked for', async () => {
    const { exitCode, out } = await commandLine(
      'token --subject ada --scope users:read --scope orders:read --expires 15m',
      SECRET,
    );

    const { claims } = read(out.trim());
    expect(exitCode).toBe(0);
    expect(claims).toMatchObject({ sub: 'ada', scope: 'users:read orders:read' });
    expect((claims['exp'] as number) - (claims['iat'] as number)).toBe(900);
  });

  it('carries what the gateway is told to ask for', async () => {
    const { out } = await commandLine('token', {
      ...SECRET,
      JWT_SECRET: SECRET.JWT_SECRET.repeat(2),
      JWT_ISSUER: 'https://issuer.test',
      JWT_AUDIENCE: 'shop',
      JWT_ALGORITHMS: 'HS512',
    });

    const { head, claims } = read(out.trim());
    expect(head).toEqual({ alg: 'HS512', typ: 'JWT' });
    expect(claims).toMatchObject({ iss: 'https://issuer.test', aud: 'shop' });
  });

  it('refuses production, exit 78', async () => {
    const { exitCode, out, err } = await commandLine('token', { ...SECRET, NODE_ENV: 'production' });

    expect(exitCode).toBe(78);
    expect(out).toBe('');
    expect(err).toContain('NODE_ENV');
  });

  it('needs the shared secret, exit 78', async () => {
    const { exitCode, err } = await commandLine('token');

    expect(exitCode).toBe(78);
    expect(err).toContain('JWT_SECRET');
  });

  it('never prints the secret when the configuration is wrong', async () => {
    const { exitCode, out, err } = await commandLine('token', { JWT_SECRET: 'too-short' });

    expect(exitCode).toBe(78);
    expect(out + err).not.toContain('too-short');
  });

  it.each(['0s', '1w', 'soon', '-5m'])('refuses --expires=%s with the shapes it takes', async (expires) => {
    const { exitCode, err } = await commandLine(`token --expires=${expires}`, SECRET);

    expect(exitCode).toBe(64);
    expect(err).toContain('15m');
  });
});
