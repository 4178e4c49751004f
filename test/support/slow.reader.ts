import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';

/** A rest after so many bytes: many rests in an answer of some megabytes. */
const STRETCH_BYTES = 1_000_000;

/** A port of loopback, or what opens a connection. */
export type Door = number | (() => Socket);

const enter = (door: Door): Socket => (typeof door === 'number' ? connect(door, '127.0.0.1') : door());

/** Reads an answer whole, with rests in between, and says how many bytes came. */
export async function readWithRests(door: Door, request: string, restMs: number): Promise<number> {
  const socket = enter(door);
  let taken = 0;
  socket.on('data', (chunk) => {
    const before = taken;
    taken += chunk.length;
    if (Math.floor(before / STRETCH_BYTES) === Math.floor(taken / STRETCH_BYTES)) return;
    socket.pause();
    void pass(restMs).then(() => socket.resume());
  });
  socket.write(request);
  await once(socket, 'close');
  return taken;
}

/**
 * Asks and reads nothing of what comes. Resolves when the gateway has cut the connection, with how long that took.
 *
 * @param more sent again and again: requests, or blank lines, which mean nothing in front of one
 */
export async function readNothing(door: Door, request: string, more = '\r\n'): Promise<number> {
  const socket = enter(door);
  socket.on('error', () => {});
  socket.pause();
  const start = performance.now();
  socket.write(request);
  // A client that does not read learns of a reset when it writes.
  while (!socket.destroyed) {
    await pass(25);
    socket.write(more);
  }
  return performance.now() - start;
}
