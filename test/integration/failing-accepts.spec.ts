import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayLifecycle } from '../../src/framework/gateway.lifecycle.js';
import { ensureServiceBuilt, PROJECT } from '../support/built.service.js';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { ask, startGateway } from '../support/gateway.harness.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';
import { TlsModule } from '../support/tls.app.js';

describe('a listener whose accepts fail', () => {
  const files = new CertificateFiles();

  afterAll(() => files.remove());

  it('is told of once a minute by the port, and serves on', async () => {
    const { certFile, keyFile } = files.put(
      'gateway',
      new CertificateAuthority().issue('gateway', { names: ['127.0.0.1'] }),
    );
    const running = await startGateway(TlsModule, {
      environment: {
        UPSTREAM_URL: 'http://127.0.0.1:9',
        TLS_CERT_FILE: certFile,
        TLS_KEY_FILE: keyFile,
      },
    });
    const traffic = running.gateway.getHttpServer() as Server;
    const tls = running.gateway.get(GatewayLifecycle, { strict: false }).tls?.listener.server;

    // What node:net makes of an error of accept(2).
    for (const server of [traffic, traffic, tls]) {
      server?.emit(
        'error',
        Object.assign(new Error('accept ENOBUFS'), { code: 'ENOBUFS', syscall: 'accept' }),
      );
    }

    const answer = await ask(`${running.url}/health`);
    const told = running.lines().filter(({ event }) => event === 'accept.failing');
    await running.close();
    expect(answer.status).toBe(200);
    expect(told).toEqual([expect.objectContaining({ level: 'error', code: 'ENOBUFS', port: running.port })]);
  });
});

describe('a service that runs out of file descriptors', () => {
  let service: ServiceProcess;
  const sockets: Socket[] = [];

  beforeAll(ensureServiceBuilt, 120_000);

  afterAll(() => service.kill());

  it('closes the connections it cannot take, and serves again when others have gone', async () => {
    service = new ServiceProcess(join(PROJECT, 'dist', 'main.js'), {
      environment: SERVICE_ENVIRONMENT,
      descriptors: 100,
    });
    const { url, port } = await service.addresses();
    let closed = 0;
    for (let i = 0; i < 150; i++) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket.on('error', () => {}).on('close', () => closed++));
    }
    await expect.poll(() => closed, { timeout: 10_000 }).toBeGreaterThan(50);

    for (const socket of sockets) socket.destroy();
    await expect.poll(() => closed).toBe(sockets.length);

    await expect
      .poll(() =>
        ask(`${url}/health`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    expect(service.running).toBe(true);
    expect(service.lines.filter(({ event }) => event === 'process.failed')).toEqual([]);
  });
});
