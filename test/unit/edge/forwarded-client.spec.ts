import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { forwardedClient } from '../../../src/edge/forwarded-client.js';
import { Peer } from '../../../src/edge/peer-address.js';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');

const read = (fields: Readonly<Record<string, string | readonly string[]>>, peer = new Peer('10.0.0.1')) =>
  forwardedClient(
    peer,
    Object.entries(fields).flatMap(([name, values]) => [values].flat().flatMap((value) => [name, value])),
    trusted,
  );

describe('what forwarding headers say of a client', () => {
  it('is believed from a trusted peer', () => {
    const client = read({
      Host: 'internal',
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Proto': 'HTTPS',
      'X-Forwarded-Host': 'shop.example',
      'X-Forwarded-Port': '8443',
    });

    expect(client).toEqual({
      address: '203.0.113.9',
      origin: { proto: 'https', host: 'shop.example', port: '8443' },
    });
  });

  it('is believed from nobody else', () => {
    const fields = { 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for=203.0.113.9' };

    expect(read(fields, new Peer('198.51.100.1'))).toBeUndefined();
    expect(read(fields, new Peer(''))).toBeUndefined();
  });

  it('is not believed on a connection of somebody whom a trusted proxy could not name', () => {
    const peer = new Peer('10.0.0.1');
    peer.trusted = false;

    expect(read({ 'X-Forwarded-For': '203.0.113.9' }, peer)).toBeUndefined();
  });

  it('is nothing where nothing was sent', () => {
    expect(
      read({ Host: 'shop.example', 'X-Forwarded-Prefix': '/x', X_Forwarded_For: '203.0.113.9' }),
    ).toBeUndefined();
  });

  it('is read from several fields in their order', () => {
    expect(read({ 'x-forwarded-for': ['6.6.6.6', '203.0.113.9', '10.0.0.2'] })?.address).toBe('203.0.113.9');
    expect(read({ FORWARDED: ['for=6.6.6.6', 'for=203.0.113.9', 'for=10.0.0.2'] })?.address).toBe(
      '203.0.113.9',
    );
  });

  it('comes from X-Forwarded-For alone where that stands beside Forwarded', () => {
    const client = read({
      Forwarded: 'for=6.6.6.6;proto=https;host=forged.example',
      'X-Forwarded-For': '203.0.113.9',
    });

    expect(client).toEqual({ address: '203.0.113.9', origin: undefined });
  });

  it('comes from Forwarded, where X-Forwarded-For is absent, as far as no X-Forwarded field says the same', () => {
    const client = read({
      Forwarded: 'for=203.0.113.9;proto=http;host="a.example:81"',
      'X-Forwarded-Proto': 'https',
    });

    expect(client).toEqual({
      address: '203.0.113.9',
      origin: { proto: 'https', host: 'a.example:81', port: '81' },
    });
  });

  it.each([
    ['a scheme that is neither http nor https', { 'X-Forwarded-Proto': 'wss' }],
    ['two schemes in one field', { 'X-Forwarded-Proto': 'https, http' }],
    ['two fields that agree', { 'X-Forwarded-Proto': ['https', 'https'] }],
    ['a host with a path', { 'X-Forwarded-Host': 'shop.example/x' }],
    ['a host with userinfo', { 'X-Forwarded-Host': 'a@shop.example' }],
    ['two hosts', { 'X-Forwarded-Host': 'a.example, b.example' }],
    ['two host fields', { 'X-Forwarded-Host': ['a.example', 'b.example'] }],
    ['an empty host', { 'X-Forwarded-Host': '' }],
    ['port 0', { 'X-Forwarded-Port': '0' }],
    ['a port above 65535', { 'X-Forwarded-Port': '65536' }],
    ['a port with a sign', { 'X-Forwarded-Port': '+80' }],
    ['two port fields', { 'X-Forwarded-Port': ['80', '443'] }],
  ])('leaves out %s', (_what, fields) => {
    expect(read(fields as Record<string, string | string[]>)).toEqual({
      address: '10.0.0.1',
      origin: undefined,
    });
  });

  it.each([
    ['the port of the forwarded host', { 'X-Forwarded-Host': 'shop.example:8443' }, '8443'],
    [
      'the port of an IPv6 host',
      { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': '[2001:db8::1]:8443' },
      '8443',
    ],
    [
      "the scheme's port behind an IPv6 host",
      { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': '[2001:db8::1]' },
      '443',
    ],
    ["the port of the client's Host", { Host: 'shop.example:8443', 'X-Forwarded-Proto': 'https' }, '8443'],
    ["the scheme's port", { Host: 'shop.example', 'X-Forwarded-Proto': 'https' }, '443'],
    [
      "the scheme's port, whatever an internal Host says",
      { Host: 'internal:8080', 'X-Forwarded-Proto': 'http', 'X-Forwarded-Host': 'shop.example' },
      '80',
    ],
  ])('takes %s where no port was sent', (_what, fields, port) => {
    expect(read(fields as Record<string, string>)?.origin?.port).toBe(port);
  });

  it('keeps the port a PROXY header announced where no header says more', () => {
    const peer = new Peer('10.0.0.7', { proto: undefined, host: undefined, port: '443' });

    expect(read({ 'X-Forwarded-For': '203.0.113.9' }, peer)?.origin?.port).toBe('443');
    expect(read({ 'X-Forwarded-Proto': 'http' }, peer)?.origin?.port).toBe('80');
  });
});
