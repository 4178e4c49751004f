import { constants } from 'node:http2';
import { All, Module } from '@nestjs/common';
import {
  type UpstreamClient as Client,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  UpstreamModule,
} from 'portcullis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import {
  answer as answerFrames,
  DATA,
  FrameUpstream,
  frame,
  head,
  RST_STREAM,
  uint32,
} from '../support/http2-frame.upstream.js';
import { sendRaw } from '../support/raw.client.js';

const FRAMES = defineUpstream('frame-service', {
  targets: env('FRAME_URL'),
  breaker: false,
  protocol: 'http2',
  timeout: { headersMs: 500 },
});

@ProxyController(FRAMES, 'frames')
@Public()
class FrameController {
  constructor(@InjectUpstream(FRAMES) private readonly upstream: Client) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.upstream.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(FRAMES)],
  controllers: [FrameController],
})
class AppModule {}

describe.each(WAYS)('an upstream over HTTP/2, %s', (way) => {
  let frames: FrameUpstream;
  let gateway: RunningGateway;

  beforeAll(async () => {
    frames = await FrameUpstream.start();
    gateway = await startGateway(AppModule, { way, environment: { FRAME_URL: frames.url } });
  });

  afterEach(() => {
    frames.script = (connection, stream) => connection.send(answerFrames(stream));
  });

  afterAll(async () => {
    await gateway.close();
    await frames.close();
  });

  it('is asked once more, a POST too, for what it left alone', async () => {
    const requests = frames.requests;
    frames.script = (connection, stream) => {
      connection.send(frame(RST_STREAM, 0, stream, uint32(constants.NGHTTP2_REFUSED_STREAM)));
      frames.script = (other, next) => other.send(answerFrames(next, 'second'));
    };

    const text = 'POST /frames/x HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 4\r\n\r\nonce';
    const answer = await sendRaw(gateway.port, text, 'POST');

    expect([answer.status, answer.body.toString()]).toEqual([200, 'second']);
    expect(frames.requests - requests).toBe(2);
  });

  it('[125] cuts the client off where the upstream cut its body', async () => {
    frames.script = (connection, stream) => {
      connection.send(head(stream, 0, [':status', '200']), frame(DATA, 0, stream, Buffer.alloc(10_000)));
      connection.send(frame(DATA, 0, stream, Buffer.alloc(10_000)));
      setImmediate(() => connection.socket.destroy());
    };

    const answer = await sendRaw(
      gateway.port,
      'GET /frames/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n',
      'GET',
    ).catch(() => undefined);

    // Either a 502, or a body that never ends.
    if (answer?.status === 200) expect(answer.complete).toBe(false);
    else expect(answer?.status).toBe(502);
  });

  it('is answered 502 where the target does not speak HTTP/2', async () => {
    frames.onConnection = (connection) => {
      connection.socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    };
    for (const { socket } of frames.connections) socket.destroy();

    const answer = await sendRaw(gateway.port, 'GET /frames/x HTTP/1.1\r\nHost: gateway.test\r\n\r\n', 'GET');

    expect([answer.status, (answer.json() as { code: string }).code]).toEqual([502, 'upstream-protocol']);
  });
});
