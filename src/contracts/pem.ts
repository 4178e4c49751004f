import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates of a PEM text; `undefined` when there is none, or one that is broken. */
export function certificatesIn(text: string): readonly X509Certificate[] | undefined {
  try {
    const found = (text.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
    return found.length > 0 && found.length === begun ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The private key of a PEM text; `undefined` when there is none, or one behind a passphrase. */
export function privateKeyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}
