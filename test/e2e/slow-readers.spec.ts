import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { WAYS } from '../support/gateway.harness.js';
import { getOf, LARGE, type LimitsContext, startLimits, stopLimits } from '../support/limits.app.js';
import { type Door, readNothing, readWithRests } from '../support/slow.reader.js';

const WRITE_TIMEOUT_MS = 600;
/** All rests together are longer than the timeout; each is so short that a machine short of time does not make it long. */
const REST_MS = WRITE_TIMEOUT_MS / 10;

const AUTHORITY = new CertificateAuthority();
const files = new CertificateFiles();
const { certFile, keyFile } = files.put('gateway', AUTHORITY.issue('gateway', { names: ['127.0.0.1'] }));

afterAll(() => files.remove());

const DOORS = WAYS.flatMap((way) => [[way, 'cleartext'] as const, [way, 'TLS'] as const]);

describe.each(DOORS)('a client that reads slowly, %s, by %s', (way, by) => {
  let context: LimitsContext;
  let door: Door;

  beforeAll(async () => {
    context = await startLimits(way, { WRITE_TIMEOUT_MS, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile });
    const { port, httpsPort } = context.running;
    const secure = { host: '127.0.0.1', port: httpsPort, servername: '', ca: AUTHORITY.cert };
    door = by === 'TLS' ? () => connect(secure) : port;
  });

  afterAll(() => stopLimits(context));

  it.each([
    ['streams', '/notes/large'],
    ["a team's own controller gives whole", '/own/large'],
  ])('gets all of an answer that %s when it only rests', async (_, path) => {
    const request = getOf(path, 'Connection: close\r\n');

    const taken = await readWithRests(door, request, REST_MS);

    expect(taken).toBeGreaterThan(LARGE.length);
  });

  it.each([
    ['streams', '/notes/large'],
    ["a team's own controller gives whole", '/own/large'],
  ])('is cut when it takes nothing of an answer that %s', async (_, path) => {
    const cutAfterMs = await readNothing(door, getOf(path));

    expect(cutAfterMs).toBeGreaterThanOrEqual(WRITE_TIMEOUT_MS);
    await vi.waitFor(() =>
      expect(context.running.lines().at(-1)).toMatchObject({ path, status: 499, error: 'client-closed' }),
    );
  });

  it.each([
    ['proxied', '/notes/small'],
    ["a team's own controller's", '/own/small'],
  ])('is cut when it asks on and on and takes nothing of small answers, %s', async (_, path) => {
    const cutAfterMs = await readNothing(door, getOf(path), getOf(path).repeat(50));

    expect(cutAfterMs).toBeGreaterThanOrEqual(WRITE_TIMEOUT_MS);
  });
});
