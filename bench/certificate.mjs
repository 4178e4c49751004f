import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setDefaultCACertificates } from 'node:tls';
import { CertificateAuthority } from '../test/support/certificate.authority.ts';
import { work } from './layout.mjs';

export const CERTIFICATE = join(work, 'tls.crt');
export const PRIVATE_KEY = join(work, 'tls.key');

/** A P-256 certificate for this run, which this process believes. */
export function makeCertificate() {
  const authority = new CertificateAuthority();
  const { cert, key } = authority.issue('bench', { names: ['127.0.0.1'] });
  writeFileSync(CERTIFICATE, cert);
  writeFileSync(PRIVATE_KEY, key, { mode: 0o600 });
  setDefaultCACertificates([authority.cert]);
}
