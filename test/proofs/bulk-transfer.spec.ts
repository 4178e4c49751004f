import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { BulkUpstream, Flow, pour, sip } from '../support/bulk.upstream.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const MIB = 1024 * 1024;
const LONG = process.env['PROOFS'] !== undefined;
const BODY_BYTES = LONG ? 1024 * MIB : 64 * MIB;
// Less than the short body, so that a gateway that gathers it is caught in the short form too.
const RISE_LIMIT_BYTES = LONG ? 64 * MIB : 24 * MIB;
const PAUSES = 4;
const MINUTES_MS = 60_000 * (LONG ? 5 : 1);

describe.each(['compiled', 'interpreted', 'legacy'])(`${BODY_BYTES / MIB} MiB through the %s way`, (way) => {
  let upstream: BulkUpstream;
  let service: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    await ensureServiceBuilt();
    upstream = await BulkUpstream.start(BODY_BYTES, PAUSES);
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        UPSTREAM_URL: upstream.url,
        BODY_LIMIT_BYTES: '0',
        PROOF_HEADERS_MS: '30000',
      },
      nodeArguments: ['--expose-gc'],
      channel: true,
    });
    url = `${(await service.addresses()).url}/${way}/bulk`;
  }, MINUTES_MS);

  afterAll(async () => {
    await service.kill();
    await upstream.close();
  });

  beforeEach(() => service.ask('measure'));

  it(
    '[101] arrives whole at a reader slower than its upstream, without gathering in memory',
    async () => {
      const read = new Flow();
      upstream.sent = new Flow();

      const [answer] = (await once(request(url, { agent: false }).end(), 'response')) as [IncomingMessage];
      await sip(answer, BODY_BYTES, PAUSES, read, upstream.sent);

      expect(read.bytes).toBe(BODY_BYTES);
      expect(read.digest()).toBe(upstream.sent.digest());
      expect(await service.ask<number>('rise')).toBeLessThanOrEqual(RISE_LIMIT_BYTES);
    },
    MINUTES_MS,
  );

  it.each(['with its length', 'in chunks'])(
    '[101] arrives whole at an upstream slower than its sender when it is sent %s, without gathering in memory',
    async (framing) => {
      const written = new Flow();
      upstream.received = new Flow();
      upstream.uploader = written;
      const headers = framing === 'in chunks' ? {} : { 'Content-Length': BODY_BYTES };

      const upload = request(url, { method: 'PUT', agent: false, headers });
      const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
      await pour(BODY_BYTES, upload, written);
      const [answer] = await answered;

      expect(await text(answer)).toBe('taken');
      expect(upstream.received.bytes).toBe(BODY_BYTES);
      expect(upstream.received.digest()).toBe(written.digest());
      expect(await service.ask<number>('rise')).toBeLessThanOrEqual(RISE_LIMIT_BYTES);
    },
    MINUTES_MS,
  );
});
