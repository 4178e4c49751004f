import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CLIENT_HEADER_RULES } from '../../../../src/contracts/client-header.rules.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import type { HeaderEdit } from '../../../../src/contracts/header-edit.js';
import { IdentityHeaders } from '../../../../src/contracts/identity-headers.js';
import type { UpstreamTerms } from '../../../../src/contracts/upstream-terms.js';
import { HOP_BY_HOP } from '../../../../src/proxy/hop-by-hop.js';
import { UpstreamRequestBuilder } from '../../../../src/proxy/request/upstream-request.builder.js';
import { callFor, namesOf, TARGET, valuesOf } from './call.fixture.js';

const builder = new UpstreamRequestBuilder();

/** What the builder appends for the fixture's client. */
const OURS = [
  ['X-Forwarded-For', '203.0.113.9'],
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Host', 'api.example'],
  ['X-Forwarded-Port', '8080'],
  ['Via', '1.1 portcullis'],
  ['X-Correlation-ID', 'corr-1'],
].flat();

const build = (rawHeaders: readonly string[], edits: readonly HeaderEdit[] = []) =>
  builder.build(callFor({ rawHeaders }).withEdits(edits), TARGET).headers;

describe('the request line and body', () => {
  it('carries the method, path with query, body and exchange of the call', () => {
    const call = callFor().withBody(Buffer.from('x'));

    const request = builder.build(call, TARGET);

    expect(request).toMatchObject({ method: 'GET', path: '/users/7?full=1', body: call.body });
    expect(request.origin).toBe(call.exchange);
  });
});

describe('Host', () => {
  it('comes first and names the target', () => {
    const headers = build(['Accept', '*/*', 'Host', 'api.example']);

    expect(headers).toEqual(['Host', 'users.internal:3001', 'Accept', '*/*', ...OURS]);
  });

  it.each([
    [{ port: 80, tls: false }, 'users.internal'],
    [{ port: 443, tls: true }, 'users.internal'],
    [{ port: 443, tls: false }, 'users.internal:443'],
    [{ host: '::1', port: 3001 }, '[::1]:3001'],
    [{ host: '[::1]', port: 80 }, '[::1]'],
  ])('leaves the default port out and brackets IPv6: %o is %s', (difference, expected) => {
    const request = builder.build(callFor(), { ...TARGET, ...difference });

    expect(request.headers.slice(0, 2)).toEqual(['Host', expected]);
  });

  it("is the client's when the upstream preserves it, the target's when the client sent none", () => {
    const preserving = new UpstreamRequestBuilder({ preserveHost: true });

    const given = preserving.build(callFor(), TARGET);
    const absent = preserving.build(callFor({ rawHeaders: [] }), TARGET);

    expect(given.headers[1]).toBe('api.example');
    expect(absent.headers[1]).toBe('users.internal:3001');
  });

  it("is the edit's when one sets it, also to the very value the client sent", () => {
    const other = builder.build(callFor().withHeader('Host', 'tenant.example'), TARGET);
    const same = builder.build(callFor().withHeader('host', 'api.example'), TARGET);

    expect(valuesOf(other.headers, 'host')).toEqual(['tenant.example']);
    expect(valuesOf(same.headers, 'host')).toEqual(['api.example']);
    expect(valuesOf(other.headers, 'x-forwarded-host')).toEqual(['api.example']);
  });

  it('stays the target’s when an edit removes it, adds what is there, or moves it elsewhere', () => {
    const removed = build(['Host', 'a'], [{ kind: 'remove', name: 'host' }]);
    const added = build(['Host', 'a'], [{ kind: 'add', name: 'host', value: 'b' }]);
    const moved = build(['Host', 'a'], [{ kind: 'rename', name: 'host', to: 'x-asked-host' }]);

    expect(valuesOf(removed, 'host')).toEqual(['users.internal:3001']);
    expect(valuesOf(added, 'host')).toEqual(['users.internal:3001']);
    expect(valuesOf(moved, 'host')).toEqual(['users.internal:3001']);
    expect(valuesOf(moved, 'x-asked-host')).toEqual(['a']);
  });
});

describe("the client's headers", () => {
  it('keep their order, spelling and multiplicity', () => {
    const headers = build(['hOSt', 'api.example', 'X-a', '1', 'cookie', 'a=1', 'X-A', '2', 'X-a', '3']);

    expect(headers.slice(2, 10)).toEqual(['X-a', '1', 'cookie', 'a=1', 'X-A', '2', 'X-a', '3']);
  });

  it.each([
    'Keep-Alive',
    'TE',
    'Trailer',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Upgrade',
    'Content-Length',
    'Transfer-Encoding',
    'Expect',
    'X-Real-IP',
    'Forwarded',
    'X-Forwarded-Prefix',
    'X-Forwarded-User',
    'X-Consumer-Id',
    'x-consumer-anything',
    'X-Credential-Identifier',
    'X-Authenticated-Scope',
    'X-Anonymous-Consumer',
    'X-Gateway-Route',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Envoy-Original-Path',
    'X-HTTP-Method-Override',
    'Client-Cert',
    'Proxy',
    'X_Forwarded_For',
    'X_Consumer_Id',
    'x-consumer_id',
    'X_Correlation_ID',
    'Transfer_Encoding',
  ])('%s never reaches an upstream', (name) => {
    const headers = build(['Host', 'api.example', name, 'forged', 'X_Harmless', 'yes']);

    expect(headers).toEqual(['Host', 'users.internal:3001', 'X_Harmless', 'yes', ...OURS]);
  });

  it('lose the names an upstream declares as its own', () => {
    const strict = new UpstreamRequestBuilder({
      identityHeaders: new IdentityHeaders('X-Tenant', 'X-Claim-*'),
    });
    const call = callFor({ rawHeaders: ['x-tenant', '1', 'X-Claim-Role', 'admin', 'X-Tenants', 'ok'] });

    const { headers } = strict.build(call, TARGET);

    expect(headers.slice(2, 4)).toEqual(['X-Tenants', 'ok']);
    expect(namesOf(headers)).not.toContain('x-claim-role');
  });

  it('are those of the call, not of the client, when the gateway makes a call of its own', () => {
    const { exchange } = callFor({ rawHeaders: ['Host', 'api.example', 'Cookie', 'a=1'] });
    const call = new ForwardCall(exchange, 'GET', '/orders', '', undefined, [], ['Accept', '*/*']);

    const { headers } = builder.build(call, TARGET);

    expect(headers.slice(2, 4)).toEqual(['Accept', '*/*']);
    expect(namesOf(headers)).not.toContain('cookie');
  });

  it('lose what Connection names, whatever its case and place, while ours still arrive', () => {
    const headers = build([
      'X-Secret',
      '1',
      'Authorization',
      'Bearer t',
      'Connection',
      'close, X-SECRET ,, x-forwarded-for',
      'connection',
      'authorization, Host',
      'Host',
      'api.example',
      'Accept',
      '*/*',
    ]);

    expect(headers).toEqual(['Host', 'users.internal:3001', 'Accept', '*/*', ...OURS]);
  });
});

describe("the gateway's own headers", () => {
  it("replace the client's, stand once and come last", () => {
    const headers = build([
      'X-Forwarded-For',
      '6.6.6.6',
      'x-forwarded-proto',
      'https',
      'X-FORWARDED-HOST',
      'evil',
      'x-forwarded-port',
      '1',
      'Via',
      '1.0 fred',
      'X-Correlation-ID',
      'theirs',
      'Host',
      'api.example',
    ]);

    expect(headers).toEqual(['Host', 'users.internal:3001', ...OURS]);
  });

  it('tell a TLS client, an old protocol and a missing Host apart', () => {
    const call = callFor({ rawHeaders: [], httpVersion: '1.0', encrypted: true, localPort: undefined });

    const { headers } = builder.build(call, TARGET);

    expect(valuesOf(headers, 'x-forwarded-proto')).toEqual(['https']);
    expect(valuesOf(headers, 'x-forwarded-port')).toEqual(['443']);
    expect(valuesOf(headers, 'x-forwarded-host')).toEqual([]);
    expect(valuesOf(headers, 'via')).toEqual(['1.0 portcullis']);
  });

  it("pass the client's traceparent on until a span of ours replaces it", () => {
    const call = callFor({ rawHeaders: ['Traceparent', 'theirs', 'tracestate', 's=1'] });

    const untraced = builder.build(call, TARGET).headers;
    call.exchange.traceparent = 'ours';
    const traced = builder.build(call, TARGET).headers;
    const edited = builder.build(call.withHeader('traceparent', 'edit'), TARGET).headers;

    expect(valuesOf(untraced, 'traceparent')).toEqual(['theirs']);
    expect(valuesOf(traced, 'traceparent')).toEqual(['ours']);
    expect(valuesOf(edited, 'traceparent')).toEqual(['ours']);
    expect(valuesOf(traced, 'tracestate')).toEqual(['s=1']);
  });
});

describe('what a route wants of its upstream requests', () => {
  const terms = (preserveHost: boolean): UpstreamTerms => ({
    preserveHost,
    names: new Set(['x-real-ip', 'x-own']),
    fields: ({ clientAddress }) => ['X-Real-IP', clientAddress],
  });
  const withTerms = (given: UpstreamTerms, raw: readonly string[], edits: readonly HeaderEdit[] = []) => {
    const call = callFor({ rawHeaders: raw });
    call.exchange.upstreamTerms = given;
    return builder.build(call.withEdits(edits), TARGET).headers;
  };

  it('stands before what every upstream is told, in place of what clients and edits say under its names', () => {
    const headers = withTerms(
      terms(false),
      ['Host', 'api.example', 'X-Real-IP', 'forged', 'X-Own', 'forged'],
      [
        { kind: 'set', name: 'x-real-ip', value: 'edited' },
        { kind: 'set', name: 'x-kept', value: 'edited' },
      ],
    );

    expect(headers).toEqual([
      'Host',
      'users.internal:3001',
      'x-kept',
      'edited',
      'X-Real-IP',
      '203.0.113.9',
      ...OURS,
    ]);
  });

  it('may be the client’s own Host', () => {
    expect(withTerms(terms(true), ['Host', 'api.example'])[1]).toBe('api.example');
    expect(
      withTerms(terms(true), ['Host', 'api.example'], [{ kind: 'set', name: 'host', value: 'edited' }])[1],
    ).toBe('edited');
  });

  it('may be one Host for all targets', () => {
    const fixed = new UpstreamRequestBuilder({ host: 'shop.internal' });

    expect(fixed.build(callFor(), TARGET).headers[1]).toBe('shop.internal');
  });
});

describe('builders that know the same names', () => {
  it('follow them once, however many come and go', () => {
    const identityHeaders = new IdentityHeaders();
    const follow = vi.spyOn(identityHeaders, 'follow');

    for (let i = 0; i < 3; i++) new UpstreamRequestBuilder({ identityHeaders });

    expect(follow).toHaveBeenCalledTimes(1);
  });
});

describe("the call's edits", () => {
  it("see the client's headers, those the gateway replaces included", () => {
    const headers = build(
      ['X-Correlation-ID', 'theirs', 'X-Old', '1', 'X-Forwarded-For', '6.6.6.6'],
      [
        { kind: 'rename', name: 'x-correlation-id', to: 'x-request-id' },
        { kind: 'rename', name: 'x-old', to: 'x-new' },
        { kind: 'append', name: 'x-new', value: '2' },
      ],
    );

    expect(headers.slice(2, 8)).toEqual(['x-request-id', 'theirs', 'x-new', '1', 'x-new', '2']);
    expect(valuesOf(headers, 'x-correlation-id')).toEqual(['corr-1']);
    expect(valuesOf(headers, 'x-forwarded-for')).toEqual(['203.0.113.9']);
  });

  it("cannot write the gateway's own headers, framing or hop-by-hop fields", () => {
    const headers = build(
      ['Host', 'api.example'],
      [
        { kind: 'set', name: 'x-correlation-id', value: 'mine' },
        { kind: 'set', name: 'x-forwarded-for', value: '1.1.1.1' },
        { kind: 'append', name: 'via', value: '1.1 me' },
        { kind: 'set', name: 'content-length', value: '9' },
        { kind: 'set', name: 'transfer-encoding', value: 'chunked' },
        { kind: 'set', name: 'connection', value: 'x-forwarded-for' },
        { kind: 'set', name: 'upgrade', value: 'h2c' },
      ],
    );

    expect(headers).toEqual(['Host', 'users.internal:3001', ...OURS]);
  });

  it("write identity headers the team's own way, never the client's value of them", () => {
    const edits: HeaderEdit[] = [
      { kind: 'rename', name: 'x-consumer-name', to: 'x-who' },
      { kind: 'set', name: 'x-consumer-id', value: '42' },
    ];

    const headers = build(['X-Consumer-ID', 'forged', 'X-Consumer-Name', 'forged'], edits);

    expect(headers.slice(2, 4)).toEqual(['x-consumer-id', '42']);
    expect(headers).not.toContain('forged');
  });
});

describe('whatever a client sends', () => {
  const TOKEN_CHARACTERS = "abcXYZ019-_.!#$%&'*+^`|~".split('');
  const listed = [...HOP_BY_HOP, ...CLIENT_HEADER_RULES.map((row) => row.name.replace('*', 'q'))];
  const name = fc.oneof(
    fc
      .constantFrom(...listed, 'accept', 'cookie', 'x-a', 'host')
      .chain((word) =>
        fc
          .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
          .map((upper) =>
            [...word].map((letter, i) => (upper[i] === true ? letter.toUpperCase() : letter)).join(''),
          ),
      ),
    fc
      .array(fc.constantFrom(...TOKEN_CHARACTERS), { minLength: 1, maxLength: 60 })
      .map((letters) => letters.join('')),
    fc.constantFrom(...listed).map((word) => word.replaceAll('-', '_')),
  );
  const value = fc.oneof(
    fc.constantFrom('keep-alive', 'close, x-a', 'x-forwarded-for, cookie', '1'),
    fc.string({ maxLength: 12 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
  );
  const fields = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => pairs.flat());
  const editName = name.map((text) => text.toLowerCase());
  const edit: fc.Arbitrary<HeaderEdit> = fc.oneof(
    fc.record({ kind: fc.constant('remove' as const), name: editName }),
    fc.record({ kind: fc.constant('rename' as const), name: editName, to: editName }),
    fc.record({
      kind: fc.constantFrom('set' as const, 'add' as const, 'append' as const),
      name: editName,
      value,
    }),
  );
  const mayNever = new Set([
    ...HOP_BY_HOP,
    ...CLIENT_HEADER_RULES.filter((row) => row.rule === 'never').map((row) => row.name),
  ]);

  it('no hop-by-hop or framing field and no line break leaves; Host is first and alone; ours are last and stand once', () => {
    fc.assert(
      fc.property(fields, fc.array(edit, { maxLength: 4 }), (rawHeaders, edits) => {
        const headers = build(['Host', 'api.example', ...rawHeaders], edits);

        const names = namesOf(headers);
        expect(headers.length % 2).toBe(0);
        expect(names.filter((sent) => mayNever.has(sent))).toEqual([]);
        expect(headers.join('')).not.toMatch(/[\r\n\0]/);
        expect(names.indexOf('host')).toBe(0);
        expect(names.lastIndexOf('host')).toBe(0);
        expect(headers.slice(-OURS.length)).toEqual(OURS);
        const others = names.slice(0, -OURS.length / 2);
        expect(others.filter((sent) => namesOf(OURS).includes(sent))).toEqual([]);
      }),
      { seed: 20261101, numRuns: 1000 },
    );
  });

  it('nothing that could be taken for identity or forwarding passes unless an edit wrote it', () => {
    const strip = CLIENT_HEADER_RULES.filter((row) => row.rule === 'strip');

    fc.assert(
      fc.property(fields, (rawHeaders) => {
        const headers = build(rawHeaders).slice(2);

        const theirs = namesOf(headers)
          .slice(0, -5)
          .map((sent) => sent.replaceAll('_', '-'));
        const forged = theirs.filter((sent) =>
          strip.some((row) =>
            row.name.endsWith('*') ? sent.startsWith(row.name.slice(0, -1)) : sent === row.name,
          ),
        );
        expect(forged.filter((sent) => !namesOf(OURS).includes(sent))).toEqual([]);
      }),
      { seed: 20261101, numRuns: 1000 },
    );
  });
});
