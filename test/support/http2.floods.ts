import { fieldBlock, indexed, literal, remembered } from './hpack.js';
import {
  continuation,
  data,
  FLAG,
  FRAME,
  frame,
  headers,
  PREFACE,
  ping,
  priority,
  reset,
  SETTING,
  settings,
  window,
} from './http2.frames.js';
import { pseudo } from './http2.requests.js';
import type { PlainField } from './plain-message.js';

/** A great many frames of one kind, made as they are sent. */
export interface Flood {
  /** In place of the preface and empty SETTINGS. */
  readonly first?: Buffer;
  /** Goes before the frames that are many. */
  readonly opening?: Buffer;
  readonly frames: number;
  readonly frame: (i: number) => Buffer;
}

const PATH = '/compiled/x';
const FRAMES = 20_000;
const BOMB_STREAMS = 100;
const BOMB_FIELDS = 4_000;

const fields = (...more: readonly PlainField[]): Buffer =>
  fieldBlock([...pseudo({ ':path': PATH }), ...more]);
const GET = fields();
const POST = fieldBlock(pseudo({ ':path': PATH, ':method': 'POST' }));
const stream = (i: number): number => i * 2 + 1;
const many = (make: (i: number) => Buffer, opening?: Buffer): Flood => ({
  frames: FRAMES,
  frame: make,
  ...(opening === undefined ? {} : { opening }),
});

/** Nothing may be sent back, so that whatever was made of the streams has to be kept. */
const ZERO_WINDOW = Buffer.concat([PREFACE, settings([[SETTING.window, 0]])]);

/** So many references of one byte each to a field that was sent once. */
const bomb = (name: string, value: string): Flood => {
  const references = Buffer.concat(Array<Buffer>(BOMB_FIELDS).fill(indexed(62)));
  return {
    first: ZERO_WINDOW,
    opening: headers(1, Buffer.concat([GET, remembered(name, value)])),
    frames: BOMB_STREAMS,
    frame: (i) => headers(stream(i + 1), Buffer.concat([GET, references])),
  };
};

/** Frames that cost their sender next to nothing, each with the number of the fault it is known by. */
export const FLOODS: Readonly<Record<string, Flood>> = {
  '[92] PINGs': many(() => ping()),
  '[92] SETTINGS': many(() => settings()),
  '[92] PINGs with DATA of an upload behind each': many(
    () => Buffer.concat([ping(), data(1, 'x', 0)]),
    headers(1, POST, FLAG.endHeaders),
  ),
  '[92] SETTINGS of many entries': many(() =>
    settings(Array.from({ length: 30 }, () => [SETTING.window, 65_535])),
  ),
  '[92] empty DATA': many(() => data(1, '', 0), headers(1, POST, FLAG.endHeaders)),
  '[92] PRIORITY': many((i) => frame(FRAME.priority, 0, stream(i), priority(0))),
  '[87] streams that their client resets at once': many((i) =>
    Buffer.concat([headers(stream(i), GET), reset(stream(i))]),
  ),
  '[87] uploads that their client resets at once': many((i) =>
    Buffer.concat([headers(stream(i), POST, FLAG.endHeaders), reset(stream(i))]),
  ),
  '[88] streams that a WINDOW_UPDATE of nothing resets': many((i) =>
    Buffer.concat([headers(stream(i), GET), window(stream(i), 0)]),
  ),
  '[88] streams that a window too great resets': many((i) =>
    Buffer.concat([headers(stream(i), GET), window(stream(i), 0x7fffffff)]),
  ),
  '[88] streams that a malformed field resets': many((i) => headers(stream(i), fields(['X-A', 'b']))),
  '[88] streams that DATA behind their end reset': many((i) =>
    Buffer.concat([headers(stream(i), GET), data(stream(i), 'x')]),
  ),
  '[88] streams beyond those that may be open': many((i) => headers(stream(i), POST, FLAG.endHeaders)),
  '[89] CONTINUATION': many(() => continuation(1, literal('x-a', 'b'), 0), headers(1, GET, FLAG.endStream)),
  '[89] empty CONTINUATION': many(() => continuation(1, Buffer.alloc(0), 0), headers(1, GET, FLAG.endStream)),
};

/** Requests that are short on the wire and long in memory. */
export const BOMBS: Readonly<Record<string, Flood>> = {
  '[90] references to a long field': bomb('x-bomb', 'x'.repeat(3_900)),
  '[90] references to an empty field': bomb('x', ''),
  '[90] references to a crumb of a cookie': bomb('cookie', 'a=b'),
};
