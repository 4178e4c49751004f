import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../src/edge/tls/ocsp/certificate-facts.js';
import { certificateId, ocspRequest } from '../../../src/edge/tls/ocsp/ocsp-request.js';
import { goodState } from '../../../src/edge/tls/ocsp/ocsp-response.js';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { type StateOptions, stateOf } from '../../support/ocsp.responder.js';
import { runs } from '../../support/proof-size.js';

const AUTHORITY = new CertificateAuthority();
const OTHERS = new CertificateAuthority('Others');
const issuer = new X509Certificate(AUTHORITY.cert);
const responder = 'http://127.0.0.1:9/ocsp';
const leaf = new X509Certificate(
  AUTHORITY.issue('gateway', { names: ['gateway.example'], responder, mustStaple: true }).cert,
);
const id = certificateId(leaf, issuer);
const request = ocspRequest(id);
const NOW = Date.now();

const judged = (options: StateOptions = {}, by = AUTHORITY, asked = request) =>
  goodState(stateOf(asked, by, options), id, issuer, NOW);

describe('what a responder says of a certificate', () => {
  it('is taken when its issuer signed it, and it is good and of today', () => {
    const until = new Date(Math.floor(NOW / 1000) * 1000 + 60_000);

    const state = judged({ until });

    expect(state.nextUpdate).toBe(until.getTime());
  });

  it('is taken when somebody signed it whom the issuer certified for that', () => {
    const delegate = AUTHORITY.issue('Responder', { signsStates: true });

    expect(() => judged({ delegate })).not.toThrow();
  });

  it.each<[string, () => unknown, RegExp]>([
    ['is revoked', () => judged({ state: 'revoked' }), /revoked/],
    ['is unknown', () => judged({ state: 'unknown' }), /does not know/],
    ['was said too long ago', () => judged({ until: new Date(NOW - 1_000) }), /not of today/],
    ['holds from tomorrow', () => judged({ from: new Date(NOW + 86_400_000) }), /not of today/],
    ['another authority signed', () => judged({}, OTHERS), /not signed by the issuer/],
    [
      'somebody signed whom the issuer certified for something else',
      () => judged({ delegate: AUTHORITY.issue('Somebody') }),
      /not signed by the issuer/,
    ],
    [
      'somebody signed whom another authority certified',
      () => judged({ delegate: OTHERS.issue('Responder', { signsStates: true }) }),
      /not signed by the issuer/,
    ],
    [
      'somebody signed whose time is over',
      () =>
        judged({ delegate: AUTHORITY.issue('R', { signsStates: true, notAfter: new Date(NOW - 1_000) }) }),
      /not signed by the issuer/,
    ],
    [
      'is about another certificate',
      () => {
        const other = new X509Certificate(AUTHORITY.issue('other', { names: ['other.example'] }).cert);
        return judged({}, AUTHORITY, ocspRequest(certificateId(other, issuer)));
      },
      /about another certificate/,
    ],
    ['is an error', () => goodState(Buffer.from('30030a0103', 'hex'), id, issuer, NOW), /the error 3/],
  ])('is not taken when it %s', (_what, judge, reason) => {
    expect(judge).toThrow(reason);
  });

  it('never does more than be refused when bytes of it were changed', () => {
    const good = stateOf(request, AUTHORITY);

    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(good.length),
        (at, flip, length) => {
          const changed = Buffer.from(good.subarray(0, length));
          if (at < length) changed[at] = (changed[at] as number) ^ flip;
          if (changed.equals(good)) return;
          try {
            goodState(changed, id, issuer, NOW);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
      { seed: 20_261_128, numRuns: runs(2_000) },
    );
  });
});

describe('what OCSP needs of a certificate', () => {
  it('is where its issuer answers, and whether it demands to be stapled', () => {
    const plain = factsOf(new X509Certificate(AUTHORITY.issue('plain', { names: ['a.example'] }).cert));
    const demanding = factsOf(leaf);

    expect(demanding).toMatchObject({ mustStaple: true, responder });
    expect(plain).toMatchObject({ mustStaple: false, responder: undefined });
  });
});
