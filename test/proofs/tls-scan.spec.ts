import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { ensureServiceBuilt, PROJECT } from '../support/built.service.js';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { needs } from '../support/component.js';
import { LONG } from '../support/proof-size.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const testssl = needs('testssl');

/** Protocols, kinds of ciphers and the server's own order; among the proofs everything there is. */
const WHAT = LONG ? [] : ['--protocols', '--std', '--server-preference'];
const LIMIT_MS = LONG ? 600_000 : 120_000;

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

testssl.describe('an outside scan of the TLS port', () => {
  const files = new CertificateFiles();
  let service: ServiceProcess;
  let findings: readonly Finding[];

  beforeAll(async () => {
    await ensureServiceBuilt();
    const authority = new CertificateAuthority();
    const { certFile, keyFile } = files.put(
      'gateway',
      authority.issue('localhost', { names: ['localhost'] }),
    );
    service = new ServiceProcess(join(PROJECT, 'dist', 'main.js'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        HTTPS_PORT: '0',
        TLS_CERT_FILE: certFile,
        TLS_KEY_FILE: keyFile,
        HSTS_MAX_AGE_SECONDS: '31536000',
      },
    });
    const { httpsPort } = await service.event('gateway.started');
    const report = files.at('report.json');
    const target = `https://localhost:${String(httpsPort)}/health`;
    const quiet = ['--quiet', '--color', '0', '--nodns', 'none', '--ip', '127.0.0.1', '--jsonfile', report];
    // Its exit code counts findings.
    await promisify(execFile)(testssl.path as string, [...quiet, ...WHAT, target]).catch(() => undefined);
    findings = JSON.parse(readFileSync(report, 'utf8')) as Finding[];
  }, LIMIT_MS);

  afterAll(async () => {
    await service.kill();
    files.remove();
  });

  testssl.it('finds TLS 1.2 and 1.3 and nothing older', () => {
    const offered = Object.fromEntries(findings.map(({ id, finding }) => [id, finding]));

    expect(offered).toMatchObject({
      SSLv2: 'not offered',
      SSLv3: 'not offered',
      TLS1: 'not offered',
      TLS1_1: 'not offered',
      TLS1_2: expect.stringMatching(/^offered/),
      TLS1_3: expect.stringMatching(/^offered/),
    });
  });

  testssl.it('finds nothing worth more than LOW but what is the test certificate’s own', () => {
    const serious = findings.filter(({ severity }) => !['OK', 'INFO', 'LOW'].includes(severity));
    // `cert…` is about the certificate, which lives a day; `engine_problem` about the scanner's own OpenSSL.
    const ours = serious.filter(({ id }) => !/^cert|^engine_problem$/.test(id));

    expect(findings.length).toBeGreaterThan(LONG ? 100 : 15);
    expect(ours).toEqual([]);
  });
});
