import { writeFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { needs } from '../support/component.js';
import { RedisCluster } from '../support/redis.cluster.js';
import { freePort, RedisServer } from '../support/redis.server.js';
import { ToldConnection } from '../support/told.connection.js';

const redis = needs('redis-server');
const PASSWORD = 'a-password-that-nobody-may-read';
const WRITE = "return redis.call('INCR', KEYS[1])";

redis.describe('Redis behind TLS', () => {
  const trusted = getCACertificates('default');
  const authority = new CertificateAuthority();
  let files: CertificateFiles;
  let tlsArgs: (port: number) => string[];
  const running: { stop(): Promise<void> }[] = [];
  const sides: ToldConnection[] = [];

  beforeAll(() => {
    files = new CertificateFiles();
    const { certFile, keyFile } = files.put(
      'redis',
      authority.issue('redis', { names: ['127.0.0.1', 'localhost'] }),
    );
    const caFile = files.write('ca.crt', authority.cert);
    tlsArgs = (port) => [
      ...['--tls-port', String(port), '--tls-cert-file', certFile, '--tls-key-file', keyFile],
      ...['--tls-ca-cert-file', caFile, '--tls-auth-clients', 'no', '--tls-replication', 'yes'],
    ];
    // As NODE_EXTRA_CA_CERTS does for a process that starts.
    setDefaultCACertificates([...trusted, authority.cert]);
  });

  afterEach(async () => {
    for (const { connection } of sides.splice(0)) connection.close();
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  afterAll(() => {
    setDefaultCACertificates(trusted);
    files.remove();
  });

  async function server(args: readonly string[]): Promise<RedisServer> {
    const started = await RedisServer.start(redis.path as string, PASSWORD, args);
    running.push(started);
    return started;
  }

  /** What was told, and what a script answered. */
  async function ask(url: string): Promise<{ told: string[]; answer: unknown }> {
    const side = new ToldConnection(url);
    sides.push(side);
    await side.connection.connect();
    const answer = await side.state.run(WRITE, ['n'], []).catch((error: Error) => error.message);
    return { told: side.told, answer };
  }

  it.each(['127.0.0.1', 'localhost'])('is asked where the certificate is for its name, %s', async (host) => {
    const port = await freePort();
    await server(tlsArgs(port));

    expect(await ask(`rediss://:${PASSWORD}@${host}:${port}`)).toEqual({ told: ['connected'], answer: 1 });
  });

  it('is told nothing where the certificate is of somebody else', async () => {
    const port = await freePort();
    const single = await server(tlsArgs(port));
    setDefaultCACertificates(trusted);
    const { told, answer } = await ask(`rediss://:${PASSWORD}@127.0.0.1:${port}`);
    setDefaultCACertificates([...trusted, authority.cert]);

    expect(told).toEqual([expect.stringMatching(/^lost .*certificate/)]);
    expect(answer).toBe('Redis is not connected.');
    expect(await single.client.info('commandstats')).not.toContain('cmdstat_incr');
  });

  it('is named by sentinels behind TLS', async () => {
    const [port, sentinelPort] = [await freePort(), await freePort()];
    await server(tlsArgs(port));
    const file = files.at('sentinel.conf');
    writeFileSync(
      file,
      `sentinel monitor limits 127.0.0.1 ${port} 1\nsentinel auth-pass limits ${PASSWORD}\n`,
    );
    await server([file, '--sentinel', ...tlsArgs(sentinelPort)]);
    const url = `rediss+sentinel://:${PASSWORD}@127.0.0.1:${sentinelPort}/limits?sentinelPassword=${PASSWORD}`;

    expect(await ask(url)).toEqual({ told: ['connected'], answer: 1 });
  });

  it('is a cluster, each node behind TLS', async () => {
    const cluster = await RedisCluster.start(redis.path as string, PASSWORD, { tls: tlsArgs });
    running.push(cluster);

    expect(await ask(`rediss+cluster://:${PASSWORD}@${cluster.hosts}`)).toEqual({
      told: ['connected'],
      answer: 1,
    });
  });
});
