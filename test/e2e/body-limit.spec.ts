import { connect } from 'node:http2';
import { All, Module, Post } from '@nestjs/common';
import {
  BodyLimit,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { RawClient, sendRaw } from '../support/raw.client.js';

const NOTES = defineUpstream('note-service', { targets: env('UPSTREAM_URL') });

@ProxyController(NOTES, 'notes')
@Public()
class NotesController {
  constructor(@InjectUpstream(NOTES) private readonly notes: UpstreamClient) {}

  @Post('small')
  @BodyLimit('1kb')
  small(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }

  @Post('measured')
  @BodyLimit('1kb', { requireLength: true })
  measured(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }

  @Post('measured-only')
  @BodyLimit('none', { requireLength: true })
  measuredOnly(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(NOTES)],
  controllers: [NotesController],
})
class AppModule {}

const KIB = 1024;

describe.each(WAYS)('body limits, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way, environment: { BODY_LIMIT_BYTES: String(4 * KIB) } });

  const withLength = (path: string, bytes: number): string =>
    `POST ${path} HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;

  const chunked = (path: string, bytes: number): string => {
    const half = Math.floor(bytes / 2);
    const chunk = (size: number): string => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
    return `POST ${path} HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(half)}${chunk(bytes - half)}0\r\n\r\n`;
  };

  const FRAMINGS = { 'a length': withLength, chunks: chunked } as const;

  describe.each(Object.entries(FRAMINGS))('a body sent with %s', (_, frame) => {
    it('passes at the limit, to the byte', async () => {
      const answer = await sendRaw(fixture.running.port, frame('/notes/small', KIB));

      expect(answer.status).toBe(200);
      expect(fixture.upstream.last.body).toHaveLength(KIB);
    });

    it('is answered 413 one byte beyond it', async () => {
      const answer = await sendRaw(fixture.running.port, frame('/notes/small', KIB + 1));

      expect(answer.status).toBe(413);
      expect(answer.json()).toMatchObject({ code: 'body-too-large', policy: 'body-limit' });
      expect(fixture.upstream.received).toHaveLength(0);
    });

    it('has the configured limit where the route names none', async () => {
      const within = await sendRaw(fixture.running.port, frame('/notes/any', 4 * KIB));
      const beyond = await sendRaw(fixture.running.port, frame('/notes/any', 4 * KIB + 1));

      expect([within.status, beyond.status]).toEqual([200, 413]);
    });
  });

  it.each([
    ['/notes/measured', KIB, 200],
    ['/notes/measured', KIB + 1, 413],
    ['/notes/measured', 0, 200],
    ['/notes/measured-only', 8 * KIB, 200],
  ])('where a length is required, %s takes %i bytes that say so with %i', async (path, bytes, status) => {
    const answer = await sendRaw(fixture.running.port, withLength(path, bytes));

    expect(answer.status).toBe(status);
  });

  it.each(['/notes/measured', '/notes/measured-only'])(
    'answers 411 to a body in chunks where a length is required: %s',
    async (path) => {
      const answer = await sendRaw(fixture.running.port, chunked(path, 10));

      expect(answer.status).toBe(411);
      expect(answer.json()).toMatchObject({
        code: 'length-required',
        policy: 'body-limit',
        detail: 'Send a Content-Length.',
      });
      expect(fixture.upstream.received).toHaveLength(0);
    },
  );

  it('lets a request without a body pass where a length is required', async () => {
    const answer = await sendRaw(
      fixture.running.port,
      'POST /notes/measured HTTP/1.1\r\nHost: gateway\r\n\r\n',
    );

    expect(answer.status).toBe(200);
  });

  it('asks the same of a body in HTTP/2 frames', async () => {
    const session = connect(fixture.running.url);

    const unmeasured = await askOn(session, '/notes/measured', { method: 'POST', body: 'hello' });
    const measured = await askOn(session, '/notes/measured', {
      method: 'POST',
      headers: { 'Content-Length': '5' },
      body: 'hello',
    });
    session.close();

    expect([unmeasured.status, measured.status]).toEqual([411, 200]);
    expect(unmeasured.json()).toMatchObject({ code: 'length-required' });
  });

  it('answers a declared length over the limit before any byte of it comes, and closes', async () => {
    const client = new RawClient(fixture.running.port);

    client.send('POST /notes/small HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n');
    const answer = await client.answer('POST');
    await client.closed();

    expect(answer.status).toBe(413);
    expect(answer.values('connection')).toEqual(['close']);
    client.close();
  });

  it('keeps the connection of a request whose body was taken whole', async () => {
    const client = new RawClient(fixture.running.port);

    const first = await client.send(withLength('/notes/small', 10)).answer('POST');
    const second = await client.send(chunked('/notes/small', 10)).answer('POST');

    expect([first.status, second.status]).toEqual([200, 200]);
    client.close();
  });

  it('forwards a body as it was framed', async () => {
    await sendRaw(fixture.running.port, withLength('/notes/any', 10));
    const declared = fixture.upstream.last.headers;
    await sendRaw(fixture.running.port, chunked('/notes/any', 10));

    expect(declared['content-length']).toBe('10');
    expect(declared['transfer-encoding']).toBeUndefined();
    expect(fixture.upstream.last.headers['transfer-encoding']).toBe('chunked');
    expect(fixture.upstream.last.headers['content-length']).toBeUndefined();
  });

  it('lets a client that expects 100 send its body', async () => {
    const client = new RawClient(fixture.running.port);

    client.send(
      'POST /notes/any HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    client.send('hello');
    const answer = await client.answer('POST');

    expect(answer.status).toBe(200);
    expect(fixture.upstream.last.body.toString()).toBe('hello');
    expect(fixture.upstream.last.headers['expect']).toBeUndefined();
    client.close();
  });
});
