import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../../../src/contracts/forwarder.js';
import { TlsIdentity } from '../../../../src/proxy/http1/tls-identity.js';

const target = (host: string, port = 443): Target => ({
  id: `${host}:${port}`,
  host,
  port,
  tls: true,
  weight: 1,
});

function arrange(serverName?: string): TlsIdentity {
  return new TlsIdentity({ material: {}, serverName, minVersion: 'TLSv1.2' });
}

/** Lets a target give a session, as after a handshake that was verified. */
function agree(identity: TlsIdentity, to: Target): void {
  const socket = Object.assign(new EventEmitter(), { isSessionReused: () => false });
  identity.handshake(to).settle(socket as unknown as TLSSocket);
  socket.emit('secureConnect');
  socket.emit('session', Buffer.from(to.id));
}

const offered = (identity: TlsIdentity, to: Target): string | undefined =>
  identity.handshake(to).options.session?.toString();

describe('TlsIdentity', () => {
  it('offers a session to the host and port it was agreed with, and to no other', () => {
    const identity = arrange();

    agree(identity, target('a.test'));

    expect(offered(identity, target('a.test'))).toBe('a.test:443');
    expect(offered(identity, target('b.test'))).toBeUndefined();
    expect(offered(identity, target('a.test', 8443))).toBeUndefined();
  });

  it('keeps the sessions of two hosts apart though they answer to one serverName', () => {
    const identity = arrange('stock.test');

    agree(identity, target('a.test'));

    expect(offered(identity, target('b.test'))).toBeUndefined();
  });

  it('forgets sessions with the certificates, those still under way too', () => {
    const identity = arrange();
    const socket = Object.assign(new EventEmitter(), { isSessionReused: () => false });
    identity.handshake(target('a.test')).settle(socket as unknown as TLSSocket);

    identity.renew({});
    socket.emit('secureConnect');
    socket.emit('session', Buffer.from('of the old'));

    expect(offered(identity, target('a.test'))).toBeUndefined();
  });

  it('keeps what it has when new material is unusable', () => {
    const identity = arrange();
    agree(identity, target('a.test'));

    expect(() => identity.renew({ cert: 'nothing of the kind' })).toThrow();
    expect(offered(identity, target('a.test'))).toBe('a.test:443');
  });

  it.each([
    ['users.test', undefined, 'users.test'],
    ['users.test.', undefined, 'users.test'],
    ['10.0.0.1', undefined, undefined],
    ['::1', undefined, undefined],
    ['10.0.0.1', 'users.test', 'users.test'],
  ])('asks %s, with serverName %s, for %s', (host, serverName, servername) => {
    const { options } = arrange(serverName).handshake(target(host));

    expect(options.servername).toBe(servername);
    expect(options.rejectUnauthorized).toBe(true);
  });
});
