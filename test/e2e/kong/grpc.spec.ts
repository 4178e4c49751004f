import { type ClientHttp2Session, connect } from 'node:http2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { Http2Upstream } from '../../support/http2.upstream.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';

let upstream: Http2Upstream;
let kong: KongGateway;
let session: ClientHttp2Session;

beforeAll(async () => {
  upstream = await Http2Upstream.start();
  upstream.respond = ({ stream }) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end('message');
  };
  const { port } = new URL(upstream.url);
  kong = await startKong(`
_format_version: "3.0"
services:
  - name: greeter
    protocol: grpc
    host: 127.0.0.1
    port: ${port}
    routes:
      - {name: greeter, protocols: [grpc, grpcs], paths: [/greeter.Greeter]}
      - {name: secured, protocols: [grpcs], paths: [/secured]}
      - {name: keyed, protocols: [grpc], paths: [/keyed], plugins: [{name: key-auth}]}
`);
  session = connect(kong.url);
});
beforeEach(() => {
  upstream.requests.length = 0;
});
afterAll(async () => {
  session.destroy();
  await kong.close();
  await upstream.close();
});

const call = (path: string, type: string | undefined = 'application/grpc') =>
  askOn(session, path, {
    method: 'POST',
    headers: { TE: 'trailers', ...(type === undefined ? {} : { 'Content-Type': type }) },
    body: 'call',
  });

describe('routes of gRPC in a Kong file', () => {
  it('carries a call with what follows its body, and its path as it is (§2)', async () => {
    const answer = await call('/greeter.Greeter/SayHello', 'application/grpc+proto');

    expect(answer.status).toBe(200);
    expect(answer.text).toBe('message');
    expect(answer.trailers['grpc-status']).toBe('0');
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/greeter.Greeter/SayHello']);
  });

  it.each(['application/json', 'text/plain; application/grpc'])(
    'takes no other request: %s (§2)',
    async (type) => {
      const answer = await call('/greeter.Greeter/SayHello', type);

      expect(answer.status).toBe(415);
      expect(answer.json()).toMatchObject({ message: 'Non-gRPC request matched gRPC route' });
      expect(upstream.requests).toEqual([]);
    },
  );

  it('asks for HTTP/2, without which the outcome of a call gets lost (§2)', async () => {
    const answer = await ask(`${kong.url}/greeter.Greeter/SayHello`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/grpc' },
      body: 'call',
    });

    expect(answer.status).toBe(426);
    expect(answer.headers.upgrade).toBe('HTTP/2');
    expect(answer.headers['grpc-message']).toBe('Please use HTTP2 protocol');
    expect(upstream.requests).toEqual([]);
  });

  it('tells a call without TLS in the words of gRPC that the route wants it (§2)', async () => {
    const answer = await call('/secured/Method');

    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/grpc',
      'grpc-status': '1',
      'grpc-message': 'gRPC request matched gRPCs route',
    });
    expect((await call('/secured/Method', 'application/json')).status).toBe(415);
    expect(upstream.requests).toEqual([]);
  });

  it('refuses in the words of gRPC (§5)', async () => {
    const answer = await call('/keyed/Method');

    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'grpc-status': '16',
      'grpc-message': 'No API key found in request',
    });
    expect(upstream.requests).toEqual([]);
  });
});
