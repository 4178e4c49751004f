import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { TlsSessions } from '../../../../src/proxy/http1/tls-sessions.js';

/** The part of a TLS socket that sessions are told by. */
class Handshake extends EventEmitter {
  constructor(private readonly resumed = false) {
    super();
  }

  isSessionReused(): boolean {
    return this.resumed;
  }

  /** The handshake is through, and the target gives a session. */
  succeed(session: string): void {
    this.emit('secureConnect');
    this.emit('session', Buffer.from(session));
  }
}

let now = 0;

function arrange() {
  const sessions = new TlsSessions({ now: () => now, monotonic: () => now });
  const begin = (key: string, resumed = false): Handshake => {
    const handshake = new Handshake(resumed);
    sessions.watch(key, handshake as unknown as TLSSocket);
    return handshake;
  };
  return { sessions, begin, held: (key: string) => sessions.find(key)?.toString() };
}

describe('TlsSessions', () => {
  it('keeps the newest session of each target', () => {
    const { begin, held } = arrange();
    const handshake = begin('a');

    handshake.succeed('1');
    handshake.emit('session', Buffer.from('2'));

    expect([held('a'), held('b')]).toEqual(['2', undefined]);
  });

  it('keeps nothing of a target that is not verified yet', () => {
    const { begin, held } = arrange();

    begin('a').emit('session', Buffer.from('1'));

    expect(held('a')).toBeUndefined();
  });

  it('drops a session that led to no connection, so that the next dial starts afresh', () => {
    const { begin, held } = arrange();
    begin('a').succeed('1');

    begin('a', true).emit('error', new Error('bad session'));

    expect(held('a')).toBeUndefined();
  });

  it('keeps the session when a connection breaks later', () => {
    const { begin, held } = arrange();
    const handshake = begin('a');
    handshake.succeed('1');

    handshake.emit('error', new Error('reset'));

    expect(held('a')).toBe('1');
  });

  it('holds 256 at most; the one agreed longest ago goes', () => {
    const { begin, held } = arrange();
    for (let i = 0; i < 256; i++) begin(`t${i}`).succeed('s');
    begin('t0').succeed('again');

    begin('one more').succeed('s');

    expect([held('t0'), held('t1'), held('t2'), held('one more')]).toEqual(['again', undefined, 's', 's']);
  });

  it('does not count a resumed handshake as a look at the certificate', () => {
    now = 0;
    const { begin, held } = arrange();
    begin('a').succeed('1');

    now = 3_000_000;
    begin('a', true).succeed('2');
    now = 3_599_999;
    const before = held('a');
    now = 3_600_000;

    expect([before, held('a')]).toEqual(['2', undefined]);
  });
});
