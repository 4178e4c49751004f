import { describe, it } from 'vitest';
import { DISABLED_SERVICE } from '../../../support/kong.routes.js';
import { expectMatch, type KongMatchCase } from '../../../support/kong-match.case.js';

const by = (name: string, ...methods: string[]) => ({ name, methods });
const having = (name: string, headers: Record<string, string[]>) => ({ name, headers });
const send = (...headers: string[]) => ['GET http://h/', { headers }] as const;

const METHODS: readonly KongMatchCase[] = [
  ['§2 methods', 'its method', [by('r', 'GET')], 'GET http://h/', 'r'],
  ['§2 methods', 'another method', [by('r', 'GET')], 'POST http://h/', undefined],
  ['§2 methods', 'any of several', [by('r', 'GET', 'POST')], 'POST http://h/', 'r'],
  ['§2 methods', 'GET takes no HEAD', [by('r', 'GET')], 'HEAD http://h/', undefined],
  ['§2 methods', 'nobody answers OPTIONS by itself', [by('r', 'GET')], 'OPTIONS http://h/', undefined],
  ['§2 methods', 'case counts', [by('r', 'GET')], 'get http://h/', undefined],
  ['§2 methods', 'a name of one’s own', [by('r', 'PURGE')], 'PURGE http://h/', 'r'],
  ['§2 methods', 'a route without takes all', [{ name: 'r', paths: ['/'] }], 'PURGE http://h/', 'r /'],
  ['§2 methods', 'the same twice is once', [by('r', 'GET', 'GET')], 'GET http://h/', 'r'],
  [
    '§2',
    'all matchers must hold',
    [{ name: 'r', methods: ['GET'], paths: ['/a'] }],
    'POST http://h/a',
    undefined,
  ],
  ['§2', 'and then do', [{ name: 'r', methods: ['GET'], paths: ['/a'] }], 'GET http://h/a', 'r /a'],
  ['§2', 'two routes of one path', [by('g', 'GET'), by('p', 'POST')], 'POST http://h/', 'p'],
];

const HEADERS: readonly KongMatchCase[] = [
  ['§2 headers', 'a value', [having('r', { version: ['v1'] })], send('version', 'v1'), 'r'],
  ['§2 headers', 'another value', [having('r', { version: ['v1'] })], send('version', 'v2'), undefined],
  ['§2 headers', 'no such header', [having('r', { version: ['v1'] })], send('other', 'v1'), undefined],
  [
    '§2 headers',
    'any of several values',
    [having('r', { version: ['v1', 'v2'] })],
    send('version', 'v2'),
    'r',
  ],
  ['§2 headers', 'names in any case', [having('r', { version: ['v1'] })], send('VerSion', 'v1'), 'r'],
  ['§2 headers', 'values in any case', [having('r', { version: ['V1'] })], send('version', 'v1'), 'r'],
  ['§2 headers', 'in the request too', [having('r', { version: ['v1'] })], send('version', 'V1'), 'r'],
  ['§2 headers', 'whole values', [having('r', { version: ['v1'] })], send('version', 'v1.1'), undefined],
  [
    '§2 headers',
    'a list is one value',
    [having('r', { version: ['v1'] })],
    send('version', 'v1, v2'),
    undefined,
  ],
  [
    '§2 headers',
    'each field by itself',
    [having('r', { version: ['v2'] })],
    send('version', 'v1', 'Version', 'v2'),
    'r',
  ],
  ['§2 headers', 'all names must be there', [having('r', { a: ['1'], b: ['2'] })], send('a', '1'), undefined],
  [
    '§2 headers',
    'and all must hold',
    [having('r', { a: ['1'], b: ['2'] })],
    send('a', '1', 'b', '3'),
    undefined,
  ],
  [
    '§2 headers',
    'all names, any value',
    [having('r', { a: ['1', '2'], b: ['2'] })],
    send('b', '2', 'a', '2'),
    'r',
  ],
  ['§2 headers', 'an empty value', [having('r', { a: [''] })], send('a', ''), 'r'],
  [
    '§2 headers',
    'a value that is also a name',
    [having('r', { a: ['1'] })],
    send('x', 'a', 'y', '1'),
    undefined,
  ],
  [
    '§2 headers',
    'a regex',
    [having('r', { ua: ['~*fire(fox|bird)'] })],
    send('ua', 'Mozilla Firefox/9'),
    'r',
  ],
  [
    '§2 headers',
    'a regex that finds nothing',
    [having('r', { ua: ['~*firefox'] })],
    send('ua', 'curl/8'),
    undefined,
  ],
  ['§2 headers', 'in any case', [having('r', { ua: ['~*FIREFOX'] })], send('ua', 'a firefox'), 'r'],
  ['§2 headers', 'classes keep their case', [having('r', { v: ['~*^\\D+$'] })], send('v', 'abc'), 'r'],
  ['§2 headers', 'and what they leave out', [having('r', { v: ['~*^\\D+$'] })], send('v', '123'), undefined],
  ['§2 headers', 'anchors count', [having('r', { v: ['~*^v[12]$'] })], send('v', 'v12'), undefined],
  ['§2 headers', 'a regex and each field', [having('r', { v: ['~*^b'] })], send('v', 'a', 'v', 'b'), 'r'],
  ['§2 headers', 'a tilde alone means itself', [having('r', { v: ['~a'] })], send('v', '~A'), 'r'],
  ['§2 headers', 'a regex beside a value', [having('r', { v: ['x', '~*^y'] })], send('v', 'yes'), 'r'],
  ['§2 headers', 'a value beside a regex', [having('r', { v: ['x', '~*^y'] })], send('v', 'X'), 'r'],
  [
    '§2 headers',
    'the route of a tenant among many of one path',
    ['a', 'b', 'c'].map((tenant) => ({ name: tenant, paths: ['/'], headers: { 'x-tenant': [tenant] } })),
    send('X-Tenant', 'C'),
    'c /',
  ],
];

const tls = (sni: string | undefined) => ['GET https://h/', { sni }] as const;
const named = { name: 'r', paths: ['/'], snis: ['a.test', 'b.test'] };

const SNIS: readonly KongMatchCase[] = [
  ['§2 snis', 'its name', [named], tls('a.test'), 'r /'],
  ['§2 snis', 'any of several', [named], tls('b.test'), 'r /'],
  ['§2 snis', 'another name', [named], tls('c.test'), undefined],
  ['§2 snis', 'no name', [named], tls(undefined), undefined],
  ['§2 snis', 'in any case', [named], tls('A.Test'), 'r /'],
  ['§2 snis', 'a dot at the end', [{ ...named, snis: ['a.test.'] }], tls('a.test'), 'r /'],
  ['§2 snis', 'not considered without TLS', [named], 'GET http://h/', 'r /'],
  ['§2 snis', 'nor where a proxy in front speaks it', [named], ['GET https://h/', { tls: false }], 'r /'],
  [
    '§3',
    'and still a kind',
    [
      { name: 'path', paths: ['/longer'] },
      { name: 'sni', paths: ['/'], snis: ['a.test'] },
    ],
    'GET http://h/longer',
    'sni /',
  ],
  ['§2 snis', 'enough alone', [{ name: 'r', snis: ['a.test'] }], tls('a.test'), 'r'],
];

const from = (clientAddress: string, clientPort?: number) =>
  ['GET http://h/', { clientAddress, clientPort }] as const;
const to = (localAddress: string, localPort?: number) =>
  ['GET http://h/', { localAddress, localPort }] as const;
const source = (ip: string | undefined, port?: number) => ({
  name: 'r',
  paths: ['/'],
  sources: [{ ip, port }],
});
const destination = (ip: string | undefined, port?: number) => ({
  name: 'r',
  paths: ['/'],
  destinations: [{ ip, port }],
});

const ADDRESSES: readonly KongMatchCase[] = [
  ['§2 sources', 'an address', [source('10.0.0.1')], from('10.0.0.1'), 'r /'],
  ['§2 sources', 'another address', [source('10.0.0.1')], from('10.0.0.2'), undefined],
  ['§2 sources', 'a range', [source('10.0.0.0/8')], from('10.200.3.4'), 'r /'],
  ['§2 sources', 'outside a range', [source('10.0.0.0/8')], from('11.0.0.1'), undefined],
  ['§2 sources', 'everybody', [source('0.0.0.0/0')], from('203.0.113.9'), 'r /'],
  [
    '§2 sources',
    'an IPv6 address in another spelling',
    [source('2001:db8::1')],
    from('2001:DB8:0:0::1'),
    'r /',
  ],
  ['§2 sources', 'an IPv6 range', [source('2001:db8::/32')], from('2001:db8:1::7'), 'r /'],
  ['§2 sources', 'outside an IPv6 range', [source('2001:db8::/32')], from('2001:db9::7'), undefined],
  ['§2 sources', 'no address', [source('10.0.0.0/8')], from(''), undefined],
  ['§2 sources', 'a port', [source(undefined, 4000)], from('10.0.0.1', 4000), 'r /'],
  ['§2 sources', 'another port', [source(undefined, 4000)], from('10.0.0.1', 4001), undefined],
  ['§2 sources', 'an unknown port', [source(undefined, 4000)], from('10.0.0.1'), undefined],
  ['§2 sources', 'address and port', [source('10.0.0.1', 4000)], from('10.0.0.1', 4000), 'r /'],
  [
    '§2 sources',
    'the address with another port',
    [source('10.0.0.1', 4000)],
    from('10.0.0.1', 4001),
    undefined,
  ],
  [
    '§2 sources',
    'the port with another address',
    [source('10.0.0.1', 4000)],
    from('10.0.0.2', 4000),
    undefined,
  ],
  [
    '§2 sources',
    'any of several',
    [
      {
        ...source('10.0.0.1'),
        sources: [
          { ip: '10.0.0.1', port: undefined },
          { ip: '10.9.0.0/16', port: 7 },
        ],
      },
    ],
    from('10.9.1.1', 7),
    'r /',
  ],
  ['§2 destinations', 'an address', [destination('198.51.100.1')], to('198.51.100.1'), 'r /'],
  ['§2 destinations', 'another address', [destination('198.51.100.1')], to('198.51.100.2'), undefined],
  ['§2 destinations', 'a port', [destination(undefined, 8080)], to('198.51.100.1', 8080), 'r /'],
  ['§2 destinations', 'another port', [destination(undefined, 8080)], to('198.51.100.1', 8081), undefined],
  ['§2 destinations', 'it is not the client’s', [destination('192.0.2.10')], 'GET http://h/', undefined],
  [
    '§2',
    'source and destination must both hold',
    [{ ...source('10.0.0.1'), destinations: [{ ip: undefined, port: 9 }] }],
    ['GET http://h/', { clientAddress: '10.0.0.1', localPort: 8 }],
    undefined,
  ],
];

const speaking = (...protocols: ('http' | 'https' | 'grpc' | 'grpcs')[]) => ({
  name: 'r',
  paths: ['/'],
  protocols,
});

const PROTOCOLS: readonly KongMatchCase[] = [
  ['§2 protocols', 'both, by http', [speaking('http', 'https')], 'GET http://h/', 'r /'],
  ['§2 protocols', 'both, by https', [speaking('http', 'https')], 'GET https://h/', 'r /'],
  ['§2 protocols', 'http takes https', [speaking('http')], 'GET https://h/', 'r /'],
  ['§2 protocols', 'https by https', [speaking('https')], 'GET https://h/', 'r /'],
  ['§2 https_redirect_status_code', 'https by http', [speaking('https')], 'GET http://h/', 'r: 426'],
  [
    '§2 protocols',
    'https behind a proxy that speaks it',
    [speaking('https')],
    ['GET http://h/', { secure: true }],
    'r /',
  ],
  [
    '§2 protocols',
    'https from one that says http',
    [speaking('https')],
    ['GET https://h/', { secure: false }],
    'r: 426',
  ],
  ...([301, 302, 307, 308] as const).map(
    (httpsRedirectStatusCode): KongMatchCase => [
      '§2 https_redirect_status_code',
      `${httpsRedirectStatusCode}`,
      [{ ...speaking('https'), httpsRedirectStatusCode }],
      'GET http://h/',
      `r: ${httpsRedirectStatusCode}`,
    ],
  ),
  [
    '§2 https_redirect_status_code',
    'only when all else matches',
    [{ ...speaking('https'), paths: ['/a'] }],
    'GET http://h/b',
    undefined,
  ],
  [
    '§2 https_redirect_status_code',
    'a regex too',
    [{ ...speaking('https'), paths: ['~/a\\d'] }],
    'GET http://h/a1',
    'r: 426',
  ],
  [
    '§2 protocols',
    'the protocol is no matcher: no worse route steps in',
    [speaking('https'), { name: 'worse', protocols: ['http'], methods: [] }],
    'GET http://h/',
    'r: 426',
  ],
  [
    '§2 protocols',
    'and a better one is asked first',
    [speaking('https'), { name: 'better', protocols: ['http'], paths: ['/a'] }],
    'GET http://h/a',
    'better /a',
  ],
  ['§2 protocols', 'grpc is taken by http', [speaking('grpc')], 'POST http://h/', 'r /'],
  ['§2 protocols', 'grpc by https', [speaking('grpc', 'grpcs')], 'POST https://h/', 'r /'],
  ['§2 protocols', 'grpcs wants https', [speaking('grpcs')], 'POST http://h/', 'r: 426'],
];

const ENABLED: readonly KongMatchCase[] = [
  [
    '§2 enabled',
    'routes of disabled services take nothing',
    [{ ...speaking('http'), service: DISABLED_SERVICE }],
    'GET http://h/',
    undefined,
  ],
  [
    '§2 enabled',
    'and stand in nobody’s way',
    [
      { name: 'off', paths: ['/a'], service: DISABLED_SERVICE },
      { name: 'on', paths: ['/'] },
    ],
    'GET http://h/a',
    'on /',
  ],
  [
    '§2 service',
    'a route needs no service',
    [{ name: 'r', paths: ['/'], service: undefined }],
    'GET http://h/',
    'r /',
  ],
];

describe('KongMatcher, by what else a request has', () => {
  it.each([...METHODS, ...HEADERS, ...SNIS, ...ADDRESSES, ...PROTOCOLS, ...ENABLED])('%s: %s', (...row) => {
    expectMatch(row);
  });
});
