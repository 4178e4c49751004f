import type { Admission, Places } from './limit-store.js';

/** Who is in, by key; a key without anybody is forgotten, so there are never more keys than requests in flight. */
export type TakenPlaces = Map<string, { taken: number }>;

/** The places of a limit in this process. */
export class MemoryPlaces implements Places {
  constructor(
    private readonly limit: number,
    private readonly rooms: TakenPlaces,
  ) {}

  enter(key: string): Admission {
    let room = this.rooms.get(key);
    const taken = room?.taken ?? 0;
    // Another limit that shares the places may have let more in.
    if (taken >= this.limit) return { passed: false, remaining: 0, leave() {} };
    if (room === undefined) {
      room = { taken: 0 };
      this.rooms.set(key, room);
    }
    room.taken++;
    const own = room;
    let inside = true;
    return {
      passed: true,
      remaining: this.limit - room.taken,
      leave: () => {
        if (!inside) return;
        inside = false;
        own.taken--;
        // After a reset another room has the key's name.
        if (own.taken === 0 && this.rooms.get(key) === own) this.rooms.delete(key);
      },
    };
  }

  taken(key: string): number {
    return this.rooms.get(key)?.taken ?? 0;
  }

  reset(key: string): void {
    this.rooms.delete(key);
  }
}
