import { describe, expect, it } from 'vitest';
import {
  checkForwardIdentity,
  type ForwardIdentityOptions,
} from '../../../../src/policies/forward-identity/forward-identity.options.js';

const problemsOf = (options: object, canSign = true): string =>
  checkForwardIdentity(options as ForwardIdentityOptions, canSign).join('\n');

describe('mistakes in @ForwardIdentity', () => {
  it.each<[string, object]>([
    ['claim is not an option; did you mean claims?', { claim: {} }],
    ['claims is "tenant"; must be an object', { claims: 'tenant' }],
    ['claims names the header "X Tenant"; must be a header name', { claims: { 'X Tenant': 'tenant' } }],
    ['claims names the header "Content-Length"', { claims: { 'Content-Length': 'tenant' } }],
    ['claims names the header "Authorization"; must be a header without', { claims: { Authorization: 'x' } }],
    ['claims names the header "Cookie"', { claims: { Cookie: 'x' } }],
    ['claims names the header "X-Forwarded-For"', { claims: { 'X-Forwarded-For': 'x' } }],
    ['claims names the header "x-correlation-id"', { claims: { 'x-correlation-id': 'x' } }],
    ['claims names the header "Host"', { claims: { Host: 'x' } }],
    ['claims names the header "X_Tenant"; must be a name without underscores', { claims: { X_Tenant: 'x' } }],
    ['claims.X-Tenant names no claim', { claims: { 'X-Tenant': '' } }],
    ['claims.X-Tenant names no claim', { claims: { 'X-Tenant': 7 } }],
    ['subject is "Accept"; must be', { subject: 'Accept' }],
    ['x-user would be written twice', { subject: 'X-User', claims: { 'x-user': 'sub' } }],
    ['x-consumer-id would be written twice', { claims: { 'X-Consumer-ID': 'client' } }],
    ['tells nothing', { consumer: false }],
    ['token names no audience', { token: {} }],
    ['token.audience is []', { token: { audience: [] } }],
    [
      'token.lifetimeSeconds is 4; must be a whole number, 5–3600',
      { token: { audience: 'a', lifetimeSeconds: 4 } },
    ],
    ['token.header is "X-Token"', { token: { audience: 'a', header: 'X-Token' } }],
    ['must be other claims than sub, exp', { token: { audience: 'a', claims: ['sub', 'tenant', 'exp'] } }],
    ['did you mean token.audience', { token: { audiance: 'a' } }],
  ])('are told: %s', (said, options) => {
    expect(problemsOf(options)).toContain(said);
  });

  it('include a token that nothing can sign', () => {
    expect(problemsOf({ token: { audience: 'a' } }, false)).toContain('set IDENTITY_KEY_FILE');
  });

  it.each<[string, object]>([
    ['nothing at all', {}],
    ['claims at a path', { claims: { 'X-Tenant-Id': 'org.tenant' } }],
    [
      'all there is',
      { consumer: true, subject: 'X-User', scopes: 'X-Scope', token: { audience: ['a', 'b'] } },
    ],
  ])('are none in %s', (_, options) => {
    expect(problemsOf(options)).toBe('');
  });
});
