import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type ClientCertificate,
  carryClientCertificate,
} from '../../../../../src/contracts/client-certificate.js';
import type { DownstreamLine } from '../../../../../src/contracts/downstream.js';
import type { Exchange } from '../../../../../src/contracts/exchange.js';
import type { Principal } from '../../../../../src/contracts/principal.js';
import { ClientCertificateFactory } from '../../../../../src/policies/authenticate/client-certificate/client-certificate.factory.js';
import {
  type ClientCertificateOptions,
  clientCertificate,
  clientCertificateProblems,
} from '../../../../../src/policies/authenticate/client-certificate/client-certificate.options.js';
import { attributeValues } from '../../../../../src/policies/authenticate/client-certificate/distinguished-name.js';
import { ConsumerDirectory } from '../../../../../src/policies/authenticate/consumers/consumer.directory.js';
import {
  type CertificateRecord,
  ConsumerList,
} from '../../../../../src/policies/authenticate/consumers/consumer.list.js';
import { Refusal } from '../../../../../src/policies/authenticate/refusal.js';
import { CertificateAuthority } from '../../../../support/certificate.authority.js';
import { exchangeWith, FakeClock, NOW_SECONDS } from '../test-tokens.js';

const NOW_MS = NOW_SECONDS * 1_000;
const PLAIN = 'ab'.repeat(32);
const PARTNER: ClientCertificate = {
  subject: 'O=Acme\nCN=A partner',
  issuer: 'CN=Partners',
  names: ['DNS:partner.example', 'URI:spiffe://shop/orders', 'email:a@partner.example'],
  fingerprint: 'AB:'.repeat(32).slice(0, -1),
  serial: '01',
  validFrom: new Date(NOW_MS - 1_000),
  validTo: new Date(NOW_MS + 1_000),
};
const TEAM = { id: 'c-1', name: 'Partner', customId: undefined, plan: undefined, groups: new Set<string>() };

const showing = (certificate: Partial<ClientCertificate> = {}): Exchange => {
  const socket = {} as DownstreamLine;
  carryClientCertificate(socket, () => ({ ...PARTNER, ...certificate }));
  return exchangeWith([], socket);
};

const recorded = (record: Partial<CertificateRecord>): ConsumerList =>
  new ConsumerList([
    {
      consumer: TEAM,
      apiKeys: [],
      passwords: [],
      certificates: [
        {
          id: 'cert-1',
          fingerprint: undefined,
          commonName: undefined,
          name: undefined,
          scopes: new Set(['orders:read']),
          ...record,
        },
      ],
    },
  ]);

function methodWith(options: ClientCertificateOptions, list = ConsumerList.EMPTY) {
  const consumers = new ConsumerDirectory();
  consumers.replace(list);
  const clock = new FakeClock();
  const method = new ClientCertificateFactory(consumers, clock).create(clientCertificate(options).options);
  return { clock, consumers, outcomeOf: (exchange: Exchange) => method.authenticate(exchange) };
}

describe('a client certificate', () => {
  it('says who is there, with the facts as claims', () => {
    const principal = methodWith({ accept: 'any' }).outcomeOf(showing()) as Principal;

    expect(principal).toEqual({
      method: 'client-certificate',
      subject: 'A partner',
      credential: PLAIN,
      consumer: undefined,
      scopes: new Set(),
      claims: {
        subject: 'O=Acme\nCN=A partner',
        issuer: 'CN=Partners',
        serial: '01',
        fingerprint: PLAIN,
        commonName: 'A partner',
        dns: ['partner.example'],
        uri: ['spiffe://shop/orders'],
        email: ['a@partner.example'],
        validFrom: PARTNER.validFrom.toISOString(),
        validTo: PARTNER.validTo.toISOString(),
      },
    });
  });

  it.each([
    ['common-name', 'A partner'],
    ['distinguished-name', 'O=Acme\nCN=A partner'],
    ['dns', 'partner.example'],
    ['uri', 'spiffe://shop/orders'],
    ['email', 'a@partner.example'],
    ['fingerprint', PLAIN],
  ] as const)('names its holder by the %s where it shall', (subject, name) => {
    expect(methodWith({ accept: 'any', subject }).outcomeOf(showing())).toMatchObject({ subject: name });
  });

  it.each([
    ['none of them', []],
    ['two of them', ['URI:spiffe://shop/orders', 'URI:spiffe://shop/admin']],
  ])('is refused where it shall name its holder by URI and has %s', (_, names) => {
    const outcome = methodWith({ accept: 'any', subject: 'uri' }).outcomeOf(showing({ names }));

    expect(outcome).toMatchObject({ missing: false, detail: expect.stringContaining('exactly one subject') });
  });

  it('names nobody where it has no common name and none is asked for', () => {
    expect(methodWith({ accept: 'any' }).outcomeOf(showing({ subject: 'O=Acme' }))).toMatchObject({
      subject: undefined,
      method: 'client-certificate',
    });
  });

  it.each([
    ['its fingerprint', { fingerprint: PARTNER.fingerprint }],
    ['its common name', { commonName: 'A partner' }],
    ['its subject', { subject: PARTNER.subject }],
    ['its issuer and a name', { issuer: 'CN=Partners', name: 'URI:spiffe://shop/orders' }],
  ])('is let in by %s, with the scopes that stand there', (_, match) => {
    const { outcomeOf } = methodWith({ accept: [{ commonName: 'x' }, { ...match, scopes: ['a'] }] });

    expect(outcomeOf(showing())).toMatchObject({ scopes: new Set(['a']) });
  });

  it.each([
    ['another fingerprint', { fingerprint: 'cd'.repeat(32) }],
    ['another issuer', { issuer: 'CN=Strangers', name: 'URI:spiffe://shop/orders' }],
    ['a name of another kind', { name: 'DNS:spiffe://shop/orders' }],
    ['a longer name', { name: 'DNS:partner.example.org' }],
  ])('is refused where %s is wanted', (_, match) => {
    const outcome = methodWith({ accept: [match] }).outcomeOf(showing());

    expect(outcome).toEqual(
      new Refusal(false, 'The certificate is not known here.', ['Certificate realm="gateway"']),
    );
  });

  it('is refused by its common name when it has two', () => {
    const { outcomeOf } = methodWith({ accept: [{ commonName: 'A partner' }] });

    expect(outcomeOf(showing({ subject: 'CN=A partner\nCN=Root' }))).toBeInstanceOf(Refusal);
    expect(outcomeOf(showing({ subject: 'CN=Root + CN=A partner' }))).toBeInstanceOf(Refusal);
  });

  it.each<[string, Partial<CertificateRecord>]>([
    ['fingerprint', { fingerprint: PLAIN }],
    ['common name', { commonName: 'A partner' }],
    ['name', { name: 'URI:spiffe://shop/orders' }],
  ])(
    "belongs to the consumer that registered its %s, and is called what the consumers' list calls it",
    (_, record) => {
      const outcome = methodWith({}, recorded(record)).outcomeOf(showing());

      expect(outcome).toMatchObject({
        consumer: TEAM,
        credential: 'cert-1',
        scopes: new Set(['orders:read']),
      });
    },
  );

  it.each<[string, Partial<CertificateRecord>]>([
    ['nothing at all', {}],
    ['one part that holds and one that does not', { fingerprint: PLAIN, commonName: 'Root' }],
  ])('belongs to nobody by a record of %s', (_, record) => {
    expect(methodWith({}, recorded(record)).outcomeOf(showing())).toBeInstanceOf(Refusal);
  });

  it('is judged anew on its connection when the list of consumers is replaced', () => {
    const { outcomeOf, consumers } = methodWith({}, recorded({ fingerprint: PLAIN }));
    const exchange = showing();
    const before = [outcomeOf(exchange), outcomeOf(exchange)];

    consumers.replace(ConsumerList.EMPTY);

    expect(before[1]).toBe(before[0]);
    expect(outcomeOf(exchange)).toBeInstanceOf(Refusal);
  });

  it('counts only in its time, on a connection that is older too', () => {
    const { outcomeOf, clock } = methodWith({ accept: 'any' });
    const exchange = showing();
    const at = (ms: number): boolean => {
      clock.nowMs = ms;
      return !(outcomeOf(exchange) instanceof Refusal);
    };

    const valid = [NOW_MS - 1_001, NOW_MS - 1_000, NOW_MS, NOW_MS + 1_000, NOW_MS + 1_001].map(at);

    expect(valid).toEqual([false, true, true, true, false]);
  });

  it('is missing where none was shown', () => {
    const outcome = methodWith({ accept: 'any', realm: 'partners' }).outcomeOf(exchangeWith([]));

    expect(outcome).toEqual(
      new Refusal(true, 'The client showed no certificate.', ['Certificate realm="partners"']),
    );
  });
});

describe('the common name of a real certificate', () => {
  const authority = new CertificateAuthority();

  it.each([
    'Doe, John',
    'x + CN=admin',
    'a\nCN=admin',
    'back\\slash',
    ' lead',
    '#x',
    'quo"te',
    'Zoë',
    'nul\0x',
    'CN=admin',
  ])('is read as %j, and as nothing else', (name) => {
    const { subject } = new X509Certificate(authority.issue(name).cert);

    expect(attributeValues(subject, 'CN')).toEqual([name]);
  });
});

describe('mistakes in clientCertificate()', () => {
  it.each<[string, object]>([
    ['accept is "all"; must be `consumers`', { accept: 'all' }],
    ['accept is []', { accept: [] }],
    ['accept[0] is {}; must name one of', { accept: [{}] }],
    ['accept[0] is {"scopes":["a"]}', { accept: [{ scopes: ['a'] }] }],
    ['accept[0].fingerprint is "ab"', { accept: [{ fingerprint: 'ab' }] }],
    ['accept[1].name is "partner.example"', { accept: [{ commonName: 'a' }, { name: 'partner.example' }] }],
    ['did you mean client-certificate.accept[0].commonName', { accept: [{ comonName: 'a' }] }],
    ['subject is "cn"; must be one of common-name', { subject: 'cn' }],
    ['did you mean client-certificate.realm', { relm: 'x' }],
    ['realm is', { realm: 'a"b' }],
  ])('are told: %s', (said, options) => {
    expect(clientCertificateProblems(options as ClientCertificateOptions).join('\n')).toContain(said);
  });

  it('include that nobody is asked for a certificate', () => {
    const factory = new ClientCertificateFactory(new ConsumerDirectory(), new FakeClock(), false);

    expect(factory.check({})).toEqual([expect.stringContaining('set TLS_CLIENT_CA_FILE')]);
  });
});
