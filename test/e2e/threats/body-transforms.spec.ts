import { gzipSync } from 'node:zlib';
import { Module, Post } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  TransformRequest,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../../support/gateway.fixture.js';
import { WAYS } from '../../support/gateway.harness.js';

const PARTS = defineUpstream('part-service', { targets: env('UPSTREAM_URL') });

@ProxyController(PARTS, 'parts')
@Public()
class PartsController {
  constructor(@InjectUpstream(PARTS) private readonly parts: UpstreamClient) {}

  @Post()
  @TransformRequest({ body: { remove: ['role'], set: { who: '$(headers["x-who"])' } } })
  edited(@Forward() call: ForwardCall) {
    return this.parts.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(PARTS)],
  controllers: [PartsController],
})
class AppModule {}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const names = (count: number) =>
  `{${Array.from({ length: count }, (_, index) => `"n${index}":0`).join(',')}}`;

describe.each(WAYS)('a body that is edited, %s,', (way) => {
  const fixture = gatewayOf(AppModule, { way });

  it.each([
    ['100,000 lists in each other', '['.repeat(100_000), 400],
    ['100,000 lists in each other that close', '['.repeat(100_000) + ']'.repeat(100_000), 400],
    ['100,000 objects in each other', '{"a":'.repeat(100_000), 400],
    ['a mebibyte of opening brackets', '['.repeat(1_048_576), 400],
    ['a million names', names(1_000_000), 413],
  ])('[98] is refused when it is JSON made to be dear: %s', async (_, body, status) => {
    const answer = await fixture.ask('/parts', { method: 'POST', headers: JSON_TYPE, body });

    expect(answer.status).toBe(status);
    expect(fixture.upstream.received).toEqual([]);
  });

  it.each([
    ['JSON that breaks off', 'application/json', '{"role":'],
    ['JSON with a tail', 'application/json', '{"a":1}{"role":2}'],
    [
      'line ends inside a name',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="a\r\nX-Injected: yes"\r\n\r\n1\r\n--b--\r\n',
    ],
    [
      'parts that never end',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name=a\r\n',
    ],
  ])('[118] is refused, and nothing of it sent on, when it cannot be parsed: %s', async (_, type, body) => {
    const answer = await fixture.ask('/parts', { method: 'POST', headers: { 'Content-Type': type }, body });

    expect(answer.status).toBe(400);
    expect(fixture.upstream.received).toEqual([]);
  });

  it('[118] never gets a part that a value brings with it', async () => {
    const answer = await fixture.ask('/parts', {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=b', 'X-Who': 'x--b' },
      body: '--b--\r\n',
    });

    expect(answer.status).toBe(400);
    expect(fixture.upstream.received).toEqual([]);
  });

  it('[95] is never inflated', async () => {
    const body = gzipSync(Buffer.alloc(10 * 1_048_576, ' '));

    const answer = await fixture.ask('/parts', {
      method: 'POST',
      headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
      body,
    });

    expect(answer.status).toBe(400);
    expect(fixture.upstream.received).toEqual([]);
  });
});
