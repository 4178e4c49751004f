import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { All, Module } from '@nestjs/common';
import {
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RawClient } from '../support/raw.client.js';

const STORE = defineUpstream('store-service', { targets: env('STORE_URL') });

@ProxyController(STORE, 'store')
@Public()
class StoreController {
  constructor(@InjectUpstream(STORE) private readonly store: UpstreamClient) {}

  @All()
  put(@Forward() call: ForwardCall) {
    return this.store.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(STORE)],
  controllers: [StoreController],
})
class AppModule {}

/** More than the kernel takes for an upstream that does not read. */
const UPLOAD = Buffer.alloc(24 * 1024 * 1024);
const GRACE_MS = 800;
/** No client that is held up for longer than the grace reaches it on average. */
const MIN_BYTES_PER_SECOND = UPLOAD.length;

describe.each(WAYS)('an upload that a slow upstream holds up, %s', (way) => {
  let running: RunningGateway;
  let server: Server;

  beforeAll(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    running = await startGateway(AppModule, {
      way,
      environment: {
        STORE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        BODY_LIMIT_BYTES: '0',
        BODY_MIN_BYTES_PER_SECOND: String(MIN_BYTES_PER_SECOND),
        BODY_GRACE_MS: String(GRACE_MS),
      },
    });
  });

  afterAll(async () => {
    await running.close();
    server.closeAllConnections();
    server.close();
  });

  const head = `PUT /store HTTP/1.1\r\nHost: gw\r\nContent-Length: ${UPLOAD.length}\r\n\r\n`;

  it('is not called slow for it', async () => {
    const client = new RawClient(running.port).send(head).send(UPLOAD);
    const [req, res] = (await once(server, 'request')) as [IncomingMessage, NodeJS.WritableStream];

    await pass(GRACE_MS * 2);
    let received = 0;
    req.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    req.on('end', () => res.end('stored'));
    const answer = await client.answer('PUT');

    expect(answer.status).toBe(200);
    expect(received).toBe(UPLOAD.length);
    client.close();
  });

  it('is, when it is the client that stops', async () => {
    const client = new RawClient(running.port).send(head).send(UPLOAD.subarray(0, 1_000));

    const answer = await client.answer('PUT');

    expect([answer.status, answer.json()]).toEqual([
      408,
      expect.objectContaining({ code: 'request-timeout' }),
    ]);
    client.close();
  });
});
