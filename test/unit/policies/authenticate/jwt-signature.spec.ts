import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signatureCheck } from '../../../../src/policies/authenticate/jwt/jwt-signature.js';

describe('a signature of RSA', () => {
  // Short, for the sake of the test: a signature that begins with a zero byte is one of 256.
  const pair = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const privateKey = createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const publicKey = createPublicKey(privateKey);
  const PADDING = {
    RS256: { padding: constants.RSA_PKCS1_PADDING },
    PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  };

  it.each(['RS256', 'PS256'] as const)(
    'of %s is as long as the key, its zero bytes included',
    (algorithm) => {
      const check = signatureCheck(algorithm, publicKey);
      let input = '';
      let signature = Buffer.of(1);
      for (let i = 0; signature[0] !== 0; i++) {
        input = `head.${i}`;
        signature = sign('sha256', Buffer.from(input), { key: privateKey, ...PADDING[algorithm] });
      }

      expect(check(input, signature)).toBe(true);
      expect(check(input, signature.subarray(1))).toBe(false);
      expect(check(input, Buffer.concat([Buffer.of(0), signature]))).toBe(false);
    },
  );
});
