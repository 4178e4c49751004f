import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { WAYS } from '../support/gateway.harness.js';
import { CLAIMS, encode, headerOf, partsOf, signed, signerOf } from '../support/jws.maker.js';
import { LIMIT_MS, LONG } from '../support/proof-size.js';
import { RequestPipe } from '../support/request.pipe.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const TOKENS = LONG ? 1_000_000 : 10_000;
/** As many as bring every buffer and list to its size. */
const WARMING = LONG ? 50_000 : 5_000;
const BATCH = 50;
const CONNECTIONS = 4;
const LIMIT_BYTES = 8 * 1024 * 1024;

describe('tokens that are all different and all bad', () => {
  const signer = signerOf('ES256', 'P-256');
  const [header, payload, signature] = partsOf(signed(signer, headerOf(signer)));
  let keyFetches = 0;
  const issuer = createServer((_req, res) => {
    keyFetches += 1;
    res.end(JSON.stringify({ keys: [signer.jwk] }));
  });
  let service: ServiceProcess;
  let port: number;
  let made = 0;

  /** Three ways to be bad in turn: by a changed text, by a key nobody has, by no form at all. */
  function next(): string {
    made += 1;
    if (made % 3 === 0) return `${header}.${encode({ ...CLAIMS, sub: `user-${made}` })}.${signature}`;
    if (made % 3 === 1) return `${encode({ alg: 'ES256', kid: `key-${made}` })}.${payload}.${signature}`;
    return `${made}.${payload}.${signature}`;
  }

  async function pour(path: string, count: number): Promise<Record<string, number>> {
    const pipes = Array.from({ length: CONNECTIONS }, () => new RequestPipe(port));
    const each = count / CONNECTIONS / BATCH;
    await Promise.all(
      pipes.map(async (pipe) => {
        for (let i = 0; i < each; i++) {
          await pipe.send(
            Array.from(
              { length: BATCH },
              () => `GET ${path} HTTP/1.1\r\nHost: gw\r\nAuthorization: Bearer ${next()}\r\n\r\n`,
            ),
          );
        }
      }),
    );
    const sum: Record<string, number> = {};
    for (const pipe of pipes) {
      for (const [status, times] of Object.entries(pipe.statuses)) sum[status] = (sum[status] ?? 0) + times;
      pipe.close();
    }
    return sum;
  }

  beforeAll(async () => {
    await ensureServiceBuilt();
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { JWT_SECRET: _, ...environment } = SERVICE_ENVIRONMENT;
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: {
        ...environment,
        JWT_JWKS_URI: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`,
        JWT_AUDIENCE: 'cases',
        UPSTREAM_URL: 'http://127.0.0.1:9',
        ACCESS_LOG: 'off',
        PROOF_SAMPLE_MS: '1000',
      },
      nodeArguments: ['--expose-gc'],
      channel: true,
    });
    ({ port } = await service.addresses());
  });

  afterAll(async () => {
    await service.kill();
    issuer.close();
  });

  it.each(WAYS)(
    '[56] leave the memory flat and the issuer in peace, %s',
    async (way) => {
      const path = `/tokens/${way}/x`;
      await pour(path, WARMING);
      await service.ask('measure');
      const [startedAt, fetchesBefore] = [performance.now(), keyFetches];

      const statuses = await pour(path, TOKENS);
      const rise = await service.ask<number>('rise');
      const seconds = (performance.now() - startedAt) / 1_000;
      if (LONG) {
        console.log(
          `${way}: ${TOKENS} tokens in ${seconds.toFixed(0)} s, ${(rise / 1024).toFixed(0)} KiB more, ${keyFetches - fetchesBefore} fetches of keys`,
        );
      }

      expect(statuses).toEqual({ 401: TOKENS });
      expect(rise).toBeLessThan(LIMIT_BYTES);
      // One when the cool-down is over, and that again and again.
      expect(keyFetches - fetchesBefore).toBeLessThanOrEqual(Math.ceil(seconds / 30) + 1);
    },
    LIMIT_MS,
  );
});
