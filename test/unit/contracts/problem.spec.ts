import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/contracts/exchange.js';
import { GATEWAY_ERRORS, GatewayError, type GatewayErrorCode } from '../../../src/contracts/gateway-error.js';
import { asGatewayError, plainProblem, problemOf, problemResponse } from '../../../src/contracts/problem.js';

const exchange = { correlationId: 'corr-1' } as Exchange;
const codes = Object.keys(GATEWAY_ERRORS) as GatewayErrorCode[];

describe('a problem document', () => {
  it.each(codes)('of %s has the status, title and code of the table, and is not stored', (code) => {
    const response = problemResponse(exchange, problemOf(new GatewayError(code)));

    const { status, title } = GATEWAY_ERRORS[code];
    expect(response.status).toBe(status);
    expect(response.header('content-type')).toBe('application/problem+json');
    expect(response.header('cache-control')).toBe('no-store');
    expect(JSON.parse(response.body.whole?.toString() ?? '')).toEqual({
      type: `urn:portcullis:problem:${code}`,
      title,
      status,
      code,
      correlationId: 'corr-1',
    });
  });

  it('names the upstream and never the cause', () => {
    const cause = new Error('connect ECONNREFUSED 10.1.2.3:3001');
    const error = new GatewayError(codes[0] as GatewayErrorCode, { upstream: 'user-service', cause });

    const text = problemResponse(exchange, problemOf(error)).body.whole?.toString() ?? '';

    expect(text).toContain('"upstream":"user-service"');
    expect(text).not.toContain('10.1.2.3');
    expect(text).not.toContain('ECONNREFUSED');
  });

  it("of a team's own status has that status and no code", () => {
    const response = problemResponse(exchange, plainProblem(418, 'short and stout'));

    expect(JSON.parse(response.body.whole?.toString() ?? '')).toEqual({
      type: 'about:blank',
      title: "I'm a Teapot",
      status: 418,
      detail: 'short and stout',
      correlationId: 'corr-1',
    });
  });

  it('takes whatever else was thrown for a failure of the gateway', () => {
    expect(
      ['text', undefined, null, new TypeError('x')].map((thrown) => asGatewayError(thrown).code),
    ).toEqual(Array(4).fill('internal'));
  });
});
