import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { runInExchange } from '../../../../src/contracts/current-exchange.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { UpstreamRuntime } from '../../../../src/proxy/upstream/upstream.runtime.js';
import { UpstreamClient } from '../../../../src/proxy/upstream/upstream-client.js';
import { UpstreamStatusError } from '../../../../src/proxy/upstream/upstream-status.error.js';
import {
  answer,
  callOf,
  errorOf,
  exchangeFor,
  OpenBody,
  ok,
  type Step,
  scripted,
} from './scripted-upstream.js';

interface User {
  readonly id: number;
  readonly name: string;
}

const running: UpstreamRuntime[] = [];

function clientOf(...steps: readonly Step[]) {
  const upstream = scripted(steps);
  running.push(upstream.runtime);
  const client = new UpstreamClient(upstream.runtime);
  const sent = () => upstream.forwarder.attempts.at(-1)?.request;
  const header = (name: string) => {
    const headers = sent()?.headers ?? [];
    return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name);
  };
  return { ...upstream, client, sent, header };
}

const said = (status: number, body: string): Step => ({ answer: answer(status, body) });

afterEach(() => {
  for (const runtime of running.splice(0)) runtime.close();
});

describe('UpstreamClient.forward', () => {
  it('carries the call as it is', async () => {
    const { client, sent } = clientOf(said(418, 'tea'));

    const response = await client.forward(callOf('DELETE'));

    expect([response.status, sent()?.method, sent()?.path]).toEqual([418, 'DELETE', '/users/1']);
  });
});

describe('UpstreamClient: fetching JSON', () => {
  it('fills the template, encodes, and answers with the parsed body', async () => {
    const { client, sent } = clientOf(said(200, '{"id":1,"name":"Ada"}'));

    const user: User = await client.get('/users/:id', {
      params: { id: 'a/b?c' },
      query: { full: true, tag: ['x', 'y&z'], none: undefined },
      call: callOf(),
    });

    expect(user).toEqual({ id: 1, name: 'Ada' });
    expect(sent()).toMatchObject({
      method: 'GET',
      path: '/users/a%2Fb%3Fc?full=true&tag=x&tag=y%26z',
      body: undefined,
    });
  });

  it.each(['post', 'put', 'patch'] as const)('sends a body as JSON with %s', async (verb) => {
    const { client, sent, header } = clientOf(ok);

    await client[verb]('/users', { name: 'Ada' }, { call: callOf() });

    expect([sent()?.method, sent()?.body]).toEqual([verb.toUpperCase(), Buffer.from('{"name":"Ada"}')]);
    expect(header('content-type')).toEqual(['application/json']);
  });

  it('lets a content type given with the call stand', async () => {
    const { client, header } = clientOf(ok);

    await client.patch('/users', [], {
      call: callOf(),
      headers: { 'Content-Type': 'application/merge-patch+json' },
    });

    expect(header('content-type')).toEqual(['application/merge-patch+json']);
  });

  it('answers undefined where there is no body', async () => {
    const { client } = clientOf(said(204, ''));

    const nothing = await client.delete('/users/:id', { params: { id: 1 }, call: callOf() });

    expect(nothing).toBeUndefined();
  });

  it('answers HEAD with status and headers', async () => {
    const { client, sent } = clientOf(said(200, ''));

    const response = await client.head('/users', { call: callOf() });

    expect([sent()?.method, response.status, response.body.length]).toEqual(['HEAD', 200, 0]);
  });

  it('collects a body that streams', async () => {
    const body = new OpenBody();
    const { client } = clientOf({ answer: answer(200, body) });

    const fetched = client.get('/users', { call: callOf() });
    await settled();
    body.sink?.write(Buffer.from('[1,'));
    body.sink?.write(Buffer.from('2]'));
    body.sink?.end();

    expect(await fetched).toEqual([1, 2]);
  });

  it('needs every parameter of the template', async () => {
    const { client } = clientOf(ok);

    // @ts-expect-error: the template asks for `id`.
    const missing = client.get('/users/:id', { call: callOf() });

    await expect(missing).rejects.toThrow(TypeError);
  });

  it('knows the type of the answer from where it goes, or as it is stated', () => {
    const { client } = clientOf(ok);
    const inferred = (): Promise<User> => client.get('/users/:id', { params: { id: 1 }, call: callOf() });
    const joined = () =>
      Promise.all([
        client.get<User>('/users/:id', { params: { id: 1 }, call: callOf() }),
        client.get<User[]>('/users', { call: callOf() }),
      ]);

    expectTypeOf(inferred).returns.resolves.toEqualTypeOf<User>();
    expectTypeOf(joined).returns.resolves.toEqualTypeOf<[User, User[]]>();
  });
});

describe('UpstreamClient: whose request it is', () => {
  const CLIENT_HEADERS = [
    ['Host', 'api.example'],
    ['Authorization', 'Bearer secret'],
    ['Cookie', 'sid=1'],
    ['X-Api-Key', 'k'],
    ['If-None-Match', '"v1"'],
    ['Range', 'bytes=0-9'],
    ['Accept', 'text/html'],
    ['Accept-Encoding', 'gzip'],
    ['Accept-Language', 'de'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['tracestate', 'a=1'],
  ].flat();

  it('finds the exchange of the handler that is running', async () => {
    const { client, header } = clientOf(ok);
    const exchange = exchangeFor('GET', CLIENT_HEADERS);

    await runInExchange(exchange, async () => {
      await settled();
      return client.get('/users');
    });

    expect([header('x-correlation-id'), header('x-forwarded-for')]).toEqual([['corr-1'], ['203.0.113.7']]);
    expect(exchange.upstream).toBe('user-service');
  });

  it('says so when there is none', async () => {
    const { client } = clientOf(ok);

    await expect(client.get('/users')).rejects.toThrow(
      new TypeError(
        'user-service: GET /users was called outside a request; pass { call } or call it from a handler.',
      ),
    );
  });

  it('carries the language and the trace on, and no credential, condition or range of the client', async () => {
    const { client, sent, header } = clientOf(ok);

    await runInExchange(exchangeFor('GET', CLIENT_HEADERS), () => client.get('/users'));

    const names = sent()?.headers.filter((_, i) => i % 2 === 0);
    expect(names?.map((name) => name.toLowerCase()).sort()).toEqual([
      'accept',
      'accept-encoding',
      'accept-language',
      'host',
      'traceparent',
      'tracestate',
      'via',
      'x-correlation-id',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-port',
      'x-forwarded-proto',
    ]);
    expect([header('host'), header('accept'), header('accept-encoding')]).toEqual([
      ['a:1'],
      ['application/json'],
      ['identity'],
    ]);
  });

  it('sends a credential that the handler writes', async () => {
    const { client, header } = clientOf(ok);

    await client.get('/users', { call: callOf(), headers: { Authorization: 'Bearer service' } });

    expect(header('authorization')).toEqual(['Bearer service']);
  });

  it('is cancelled with its exchange', async () => {
    const gone = new GatewayError('client-closed');
    const call = callOf();
    const { client } = clientOf({ ...ok, meanwhile: () => call.exchange.cancellation.cancel(gone) });

    const error = await errorOf(client.get('/users', { call }));

    expect(error).toBe(gone);
  });

  it('refuses a path that is not one and a header that would split', async () => {
    const { client, forwarder } = clientOf(ok);
    const call = callOf();

    await expect(client.get('users', { call })).rejects.toThrow(TypeError);
    await expect(client.get('/users', { call, headers: { 'x-a': 'b\r\nc: d' } })).rejects.toThrow(TypeError);

    expect(forwarder.attempts).toHaveLength(0);
  });
});

describe('UpstreamClient: answers that are not what was asked for', () => {
  it('throws the status and the parsed body of an answer that is not a 2xx', async () => {
    const { client } = clientOf(said(404, '{"reason":"gone"}'));

    const error = await errorOf(client.get('/users', { call: callOf() }));

    expect(error).toBeInstanceOf(UpstreamStatusError);
    expect(error).toMatchObject({
      code: 'upstream-status',
      status: 502,
      upstream: 'user-service',
      upstreamStatus: 404,
      body: { reason: 'gone' },
      detail: 'user-service answered 404 to a request of the gateway.',
    });
  });

  it.each([
    ['is no JSON', '<html>'],
    ['is long', `"${'x'.repeat(70_000)}"`],
  ])('leaves the body of a refusal out when it %s', async (_what, body) => {
    const { client } = clientOf(said(500, body));

    const error = await errorOf(client.get('/users', { call: callOf() }));

    expect(error).toMatchObject({ upstreamStatus: 500, body: undefined });
  });

  it('follows no redirect', async () => {
    const { client, forwarder } = clientOf(said(302, ''));

    const error = await errorOf(client.get('/users', { call: callOf() }));

    expect([error.code, forwarder.attempts.length]).toEqual(['upstream-status', 1]);
  });

  it('answers 502 to a body that is not JSON and repeats nothing of it', async () => {
    const { client } = clientOf(said(200, 'secret{'));

    const error = await errorOf(client.get('/users', { call: callOf() }));

    expect([error.code, error.status, error.upstream]).toEqual(['upstream-body', 502, 'user-service']);
    expect(error.detail).not.toContain('secret');
  });

  it('stops at the body limit, said beforehand or not', async () => {
    const streaming = new OpenBody();
    const { client } = clientOf(said(200, '[1,2,3]'), { answer: answer(200, streaming) });
    const options = { call: callOf(), bodyLimitBytes: 6 };

    const whole = await errorOf(client.get('/users', options));
    const fetched = errorOf(client.get('/users', options));
    await settled();
    streaming.sink?.write(Buffer.from('[1,2'));
    const more = streaming.sink?.write(Buffer.from(',3]'));
    const streamed = await fetched;

    expect([whole.code, streamed.code, more, streaming.cancelled]).toEqual([
      'upstream-body',
      'upstream-body',
      false,
      true,
    ]);
  });

  it('passes a body that breaks on as what it is', async () => {
    const body = new OpenBody();
    const { client } = clientOf({ answer: answer(200, body) });

    const fetched = errorOf(client.get('/users', { call: callOf() }));
    await settled();
    body.sink?.fail(new GatewayError('upstream-reset'));
    const error = await fetched;

    expect([error.code, error.upstream]).toEqual(['upstream-reset', 'user-service']);
  });
});

/** Lets everything that is ready run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
