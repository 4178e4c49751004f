import { describe, it } from 'vitest';
import { expectMatch, type KongMatchCase } from '../../../support/kong-match.case.js';

const on = (name: string, ...hosts: string[]) => ({ name, hosts });
const LONG = `${'a.'.repeat(127)}example.com`;

const HOSTS: readonly KongMatchCase[] = [
  ['§2 hosts', 'a host', [on('r', 'example.com')], 'GET http://example.com/', 'r'],
  ['§2 hosts', 'another host', [on('r', 'example.com')], 'GET http://example.org/', undefined],
  ['§2 hosts', 'no host', [on('r', 'example.com')], 'GET http:///', undefined],
  ['§2 hosts', 'any of several', [on('r', 'a.test', 'b.test')], 'GET http://b.test/', 'r'],
  ['§2 hosts', 'written in capitals', [on('r', 'Example.COM')], 'GET http://example.com/', 'r'],
  ['§2 hosts', 'every port', [on('r', 'example.com')], 'GET http://example.com:8080/', 'r'],
  ['§2 hosts', 'a dot at the end of the request', [on('r', 'example.com')], 'GET http://example.com./', 'r'],
  ['§2 hosts', 'a dot at the end of the route', [on('r', 'example.com.')], 'GET http://example.com/', 'r'],
  ['§2 hosts', 'no part of a host', [on('r', 'example.com')], 'GET http://www.example.com/', undefined],
  ['§2 hosts', 'an IPv4 address', [on('r', '192.0.2.1')], 'GET http://192.0.2.1/', 'r'],
  ['§2 hosts', 'an IPv6 address in brackets', [on('r', '[2001:db8::1]')], 'GET http://[2001:db8::1]/', 'r'],
  ['§2 hosts', 'with a port', [on('r', '[2001:db8::1]:81')], 'GET http://[2001:db8::1]:81/', 'r'],
  [
    '§2 hosts',
    'a route without hosts takes all',
    [{ name: 'r', paths: ['/'] }],
    'GET http://any.test/',
    'r /',
  ],
  ['§2 hosts', 'and requests without', [{ name: 'r', paths: ['/'] }], 'GET http:///', 'r /'],
  ['§2 hosts', 'and hosts nobody can have', [{ name: 'r', paths: ['/'] }], `GET http://${LONG}/`, 'r /'],
];

const PORTS: readonly KongMatchCase[] = [
  ['§2 hosts', 'its port', [on('r', 'example.com:8443')], 'GET https://example.com:8443/', 'r'],
  ['§2 hosts', 'another port', [on('r', 'example.com:8443')], 'GET https://example.com:9443/', undefined],
  ['§2 hosts', 'the port of http', [on('r', 'example.com:80')], 'GET http://example.com/', 'r'],
  ['§2 hosts', 'the port of https', [on('r', 'example.com:443')], 'GET https://example.com/', 'r'],
  ['§2 hosts', 'not that of the other', [on('r', 'example.com:80')], 'GET https://example.com/', undefined],
  ['§2 hosts', 'two ports of one host', [on('r', 'a.test:81', 'a.test:82')], 'GET http://a.test:82/', 'r'],
  ['§2 hosts', 'a wildcard with its port', [on('r', '*.a.test:81')], 'GET http://x.a.test:81/', 'r'],
  ['§2 hosts', 'a wildcard with another', [on('r', '*.a.test:81')], 'GET http://x.a.test:82/', undefined],
  ['§2 hosts', 'a right wildcard with its port', [on('r', 'a.*:81')], 'GET http://a.test:81/', 'r'],
  ['§2 hosts', 'a right wildcard with another', [on('r', 'a.*:81')], 'GET http://a.test/', undefined],
  [
    '§3',
    'a port makes a host no better: file order',
    [on('plain', 'a.test'), on('port', 'a.test:81')],
    'GET http://a.test:81/',
    'plain',
  ],
  [
    '§3',
    'the first that fits',
    [on('port', 'a.test:81'), on('plain', 'a.test')],
    'GET http://a.test/',
    'plain',
  ],
  [
    '§3',
    'the one with its port',
    [on('port', 'a.test:81'), on('plain', 'a.test')],
    'GET http://a.test:81/',
    'port',
  ],
];

const WILDCARDS: readonly KongMatchCase[] = [
  ['§2 hosts', 'left: one label', [on('r', '*.example.com')], 'GET http://www.example.com/', 'r'],
  ['§2 hosts', 'left: several labels', [on('r', '*.example.com')], 'GET http://a.b.c.example.com/', 'r'],
  ['§2 hosts', 'left: not none', [on('r', '*.example.com')], 'GET http://example.com/', undefined],
  ['§2 hosts', 'left: whole labels', [on('r', '*.example.com')], 'GET http://badexample.com/', undefined],
  ['§2 hosts', 'left: no empty label', [on('r', '*.example.com')], 'GET http://.example.com/', undefined],
  [
    '§2 hosts',
    'left: to the end',
    [on('r', '*.example.com')],
    'GET http://a.example.com.evil.test/',
    undefined,
  ],
  ['§2 hosts', 'left: a single label beside', [on('r', '*.local')], 'GET http://a.b.local/', 'r'],
  ['§2 hosts', 'right: one label', [on('r', 'example.*')], 'GET http://example.org/', 'r'],
  ['§2 hosts', 'right: several labels', [on('r', 'example.*')], 'GET http://example.co.uk/', 'r'],
  ['§2 hosts', 'right: not none', [on('r', 'example.*')], 'GET http://example/', undefined],
  ['§2 hosts', 'right: a dot is no label', [on('r', 'example.*')], 'GET http://example./', undefined],
  ['§2 hosts', 'right: no empty label', [on('r', 'example.*')], 'GET http://example../', undefined],
  ['§2 hosts', 'right: whole labels', [on('r', 'example.*')], 'GET http://examples.org/', undefined],
  ['§2 hosts', 'right: from the start', [on('r', 'example.*')], 'GET http://www.example.org/', undefined],
  [
    '§2 hosts',
    'right: several labels beside',
    [on('r', 'api.example.*')],
    'GET http://api.example.co.uk/',
    'r',
  ],
  ['§2 hosts', 'no host has 256 characters', [on('r', '*.example.com')], `GET http://${LONG}/`, undefined],
  [
    '§3',
    'a plain host before a wildcard',
    [on('w', '*.a.test'), on('p', 'x.a.test')],
    'GET http://x.a.test/',
    'p',
  ],
  [
    '§3',
    'one wildcard among the hosts is enough to be behind',
    [on('mixed', 'x.a.test', '*.b.test'), on('plain', 'x.a.test')],
    'GET http://x.a.test/',
    'plain',
  ],
  [
    '§3',
    'left and right are equals: file order',
    [on('l', '*.test'), on('r', 'a.*')],
    'GET http://a.test/',
    'l',
  ],
  ['§3', 'file order the other way', [on('r', 'a.*'), on('l', '*.test')], 'GET http://a.test/', 'r'],
  [
    '§3',
    'a longer wildcard is no better: file order',
    [on('short', '*.test'), on('long', '*.a.test')],
    'GET http://x.a.test/',
    'short',
  ],
];

describe('KongMatcher, by host', () => {
  it.each([...HOSTS, ...PORTS, ...WILDCARDS])('%s: %s', (...row) => {
    expectMatch(row);
  });
});
