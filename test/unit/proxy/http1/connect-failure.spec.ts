import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { connectionFailure } from '../../../../src/proxy/http1/connect-failure.js';

const error = (fields: object, message = 'what happened'): Error => Object.assign(new Error(message), fields);

describe('connectionFailure', () => {
  it.each([
    [
      'a refused connection',
      true,
      error({ code: 'ECONNREFUSED', errno: -111, syscall: 'connect' }),
      'upstream-unreachable',
    ],
    [
      'a name that does not resolve',
      true,
      error({ code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo' }),
      'upstream-unreachable',
    ],
    [
      'addresses that all time out',
      true,
      error({ code: 'ERR_SOCKET_CONNECTION_TIMEOUT' }),
      'upstream-unreachable',
    ],
    ['nothing known', true, undefined, 'upstream-unreachable'],
    ['a certificate that expired', true, error({ code: 'CERT_HAS_EXPIRED' }), 'upstream-tls'],
    ['another name', true, error({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'upstream-tls'],
    ['no version in common', true, error({ code: 'ERR_SSL_UNSUPPORTED_PROTOCOL' }), 'upstream-tls'],
    ['a hang-up in the handshake', true, error({ code: 'ECONNRESET' }), 'upstream-tls'],
    [
      'a reset in the handshake',
      true,
      error({ code: 'ECONNRESET', errno: -104, syscall: 'read' }),
      'upstream-tls',
    ],
    [
      'a certificate of ours that is refused late',
      false,
      error({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }),
      'upstream-tls',
    ],
    ['a reset later', false, error({ code: 'ECONNRESET', errno: -104, syscall: 'read' }), 'upstream-reset'],
    ['an end later', false, undefined, 'upstream-reset'],
  ])('calls %s by its code', (_what, dialing, cause, code) => {
    const failure = connectionFailure(dialing, cause);

    expect([failure.code, failure.cause]).toEqual([code, cause]);
  });

  it('tells of every address that was tried', () => {
    const tried = [error({}, 'connect ECONNREFUSED ::1:80'), error({}, 'connect ECONNREFUSED 127.0.0.1:80')];
    const all = Object.assign(new AggregateError(tried), { code: 'ECONNREFUSED' });

    const failure = connectionFailure(true, all);

    expect(failure.code).toBe('upstream-unreachable');
    expect(failure.cause).toMatchObject({
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED ::1:80; connect ECONNREFUSED 127.0.0.1:80',
    });
  });

  it('leaves an error of the gateway’s own as it is', () => {
    const own = new GatewayError('upstream-unreachable');

    expect(connectionFailure(true, own)).toBe(own);
  });
});
