import { createHmac } from 'node:crypto';
import { TEST_SECRET } from './gateway.harness.js';

/** A signed HS256 token of the tests' secret; claims given win over the defaults. */
export function token(claims: Readonly<Record<string, unknown>> = {}, secret = TEST_SECRET): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: 'alice', exp: now + 600, ...claims })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The header that carries a token. */
export function bearer(claims: Readonly<Record<string, unknown>> = {}): { Authorization: string } {
  return { Authorization: `Bearer ${token(claims)}` };
}
