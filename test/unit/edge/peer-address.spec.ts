import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { announcePeer, Peer, peerAddress, peerOf, plainAddress } from '../../../src/edge/peer-address.js';

const socketAt = (remoteAddress: string | undefined, parent?: Socket): Socket =>
  ({ remoteAddress, _parent: parent }) as unknown as Socket;

describe('the peer of a connection', () => {
  it('is the other end of its socket', () => {
    expect(peerAddress(socketAt('::ffff:203.0.113.9'))).toBe('203.0.113.9');
  });

  it('is kept, so that it is known when the socket is gone', () => {
    const socket = { remoteAddress: '203.0.113.9' as string | undefined };
    const before = peerAddress(socket as Socket);
    socket.remoteAddress = undefined;

    expect(peerAddress(socket as Socket)).toBe(before);
  });

  it('is the announced one where a PROXY header announced one, also when it was asked for before', () => {
    const socket = socketAt('10.0.0.1');
    peerAddress(socket);

    announcePeer(socket, new Peer('203.0.113.9'));

    expect(peerAddress(socket)).toBe('203.0.113.9');
  });

  it('is the same for a TLS socket as for the socket below it', () => {
    const below = socketAt('10.0.0.1');
    announcePeer(below, new Peer('203.0.113.9'));

    expect(peerOf(socketAt('10.0.0.1', below))).toBe(peerOf(below));
  });
});

describe('plainAddress', () => {
  it.each([
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    [undefined, ''],
  ])('writes %s as %j', (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});
