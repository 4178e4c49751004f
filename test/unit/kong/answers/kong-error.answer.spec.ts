import { describe, expect, it } from 'vitest';
import {
  GATEWAY_ERRORS,
  GatewayError,
  type GatewayErrorCode,
} from '../../../../src/contracts/gateway-error.js';
import { kongErrorAnswer, kongUnmatchedAnswer } from '../../../../src/kong/answers/kong-error.answer.js';
import { KongRefusal } from '../../../../src/kong/plugins/kong-refusal.js';
import { requestOf } from '../plan/planned.fixture.js';

function answered(error: GatewayError, headers: readonly string[] = []) {
  const exchange = requestOf('/a');
  (exchange.req.rawHeaders as string[]).push(...headers);
  const answer = kongErrorAnswer(exchange, error);
  const text = answer.body.whole?.toString() ?? '';
  return { ...answer, text, header: (name: string) => answer.header(name) };
}

describe('an error in Kong’s words', () => {
  it.each<[row: string, code: GatewayErrorCode, status: number, message: string]>([
    ['§5 errors: unmatched', 'route-not-found', 404, 'no Route matched with those values'],
    ['§5 errors: malformed', 'bad-request', 400, 'Bad request'],
    ['§5 errors: ambiguous', 'ambiguous-path', 400, 'Bad request'],
    ['§6 request-size-limiting: too large', 'body-too-large', 413, 'Request size limit exceeded'],
    ['§6 rate-limiting: too many', 'rate-limited', 429, 'API rate limit exceeded'],
    ['§5 errors: our failure', 'internal', 500, 'An unexpected error occurred'],
    [
      '§5 errors: unreachable',
      'upstream-unreachable',
      502,
      'An invalid response was received from the upstream server',
    ],
    ['§5 errors: reset', 'upstream-reset', 502, 'An invalid response was received from the upstream server'],
    ['§5 errors: overloaded', 'overloaded', 503, 'The upstream server is currently unavailable'],
    [
      '§5 errors: the dial took too long',
      'upstream-connect-timeout',
      504,
      'The upstream server is timing out',
    ],
    ['§5 errors: the answer took too long', 'upstream-timeout', 504, 'The upstream server is timing out'],
  ])('%s', (_row, code, status, message) => {
    const answer = answered(new GatewayError(code, { detail: 'not for Kong', cause: new Error('10.0.0.1') }));

    expect(answer.status).toBe(status);
    const { message: said, request_id: id } = JSON.parse(answer.text) as Record<string, string>;
    expect(said).toBe(message);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.text).not.toMatch(/not for Kong|10\.0/);
  });

  it.each(Object.keys(GATEWAY_ERRORS) as GatewayErrorCode[])('§5 errors: has words for %s', (code) => {
    expect((JSON.parse(answered(new GatewayError(code)).text) as { message: string }).message).toMatch(/^\w/);
  });

  it('§5 errors: keeps the layout of Kong’s template', () => {
    const exchange = requestOf('/a');
    exchange.correlationId = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0ff';

    const { body } = kongErrorAnswer(exchange, new GatewayError('internal'));

    expect(body.whole?.toString()).toBe(
      '{\n  "message":"An unexpected error occurred",\n  "request_id":"0f1e2d3c4b5a49788695a4b3c2d1e0ff"\n}',
    );
  });

  it('§5 errors: a plugin’s own words, status and fields', () => {
    const answer = answered(
      new KongRefusal('unauthenticated', {
        status: 401,
        message: 'No API key found in request',
        headers: ['WWW-Authenticate', 'Key'],
      }),
    );

    expect(answer.status).toBe(401);
    expect(answer.header('WWW-Authenticate')).toBe('Key');
    expect(JSON.parse(answer.text)).toMatchObject({ message: 'No API key found in request' });
  });

  it('§5 errors: some plugins answer plain JSON with message alone, whatever is accepted', () => {
    const answer = answered(
      new KongRefusal('unauthenticated', { status: 401, message: 'Unauthorized', messageOnly: true }),
      ['Accept', 'text/html'],
    );

    expect(answer.header('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.text).toBe('{"message":"Unauthorized"}');
  });

  it.each(['text/html', 'application/xml'])('§5 errors: %s cannot be broken out of', (accept) => {
    const answer = answered(new KongRefusal('forbidden', { status: 403, message: '<script>"&\'' }), [
      'Accept',
      accept,
    ]);

    expect(answer.text).toContain('&#60;script&#62;&#34;&#38;&#39;');
    expect(answer.text).not.toContain('<script>');
  });

  it('§5 errors: gRPC has status and message in fields', () => {
    const answer = answered(
      new KongRefusal('rate-limited', { status: 429, message: 'API rate limit exceeded' }),
      ['Content-Type', 'application/grpc'],
    );

    expect([answer.header('grpc-status'), answer.header('grpc-message'), answer.text]).toEqual([
      '8',
      'API rate limit exceeded',
      '',
    ]);
  });

  it('§5 errors: what no route takes has its id and latency with it', () => {
    const answer = kongUnmatchedAnswer(() => 12.4)(requestOf('/a'), new GatewayError('route-not-found'));

    expect(answer.header('X-Kong-Response-Latency')).toBe('12');
    expect(answer.header('X-Kong-Request-Id')).toBe(
      (JSON.parse(answer.body.whole?.toString() ?? '') as { request_id: string }).request_id,
    );
  });
});
