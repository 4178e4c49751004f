import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, TOO_BIG } from '../../../../src/edge/upgrade/frame.reader.js';
import { LIMIT_MS, runs } from '../../../support/proof-size.js';
import { frame, frameArbitrary } from '../../../support/websocket.frames.js';

/** Gives a reader bytes piece by piece; what it let pass. */
function feed(reader: FrameReader, bytes: Buffer, cuts: readonly number[]): Buffer {
  const passed: Buffer[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const end = Math.min(bytes.length, Math.max(at, cut));
    if (end > at) passed.push(reader.read(bytes.subarray(at, end)));
    at = end;
  }
  return Buffer.concat(passed);
}

describe('the frames of a WebSocket', () => {
  it(
    'pass unchanged wherever the network cuts them, and end where they end',
    () => {
      const sequence = fc.array(frameArbitrary(70_000), { maxLength: 8 });
      const cuts = fc.array(fc.nat(70_000), { maxLength: 12 });
      fc.assert(
        fc.property(sequence, cuts, (frames, at) => {
          const reader = new FrameReader(0);
          const bytes = Buffer.concat(frames);

          const passed = feed(
            reader,
            bytes,
            at.toSorted((a, b) => a - b),
          );

          expect(passed.equals(bytes)).toBe(true);
          expect(reader.atBoundary).toBe(true);
          expect(reader.held).toBeUndefined();
        }),
        { seed: 4, numRuns: runs(200) },
      );
    },
    LIMIT_MS,
  );

  it('are held back while a header is not whole, so that the receiver never stands inside one', () => {
    const bytes = frame({ payload: Buffer.alloc(300), masked: true });
    const reader = new FrameReader(0);

    for (let i = 0; i < 7; i++) expect(reader.read(bytes.subarray(i, i + 1))).toHaveLength(0);
    const first = reader.read(bytes.subarray(7, 8));

    expect(first).toEqual(bytes.subarray(0, 8));
    expect(reader.atBoundary).toBe(false);
  });

  it.each([
    ['in one frame', [frame({ payload: Buffer.alloc(101) })], 0],
    [
      'in two',
      [frame({ payload: Buffer.alloc(100), fin: false }), frame({ opcode: 0, payload: Buffer.alloc(1) })],
      1,
    ],
    [
      'around a ping',
      [
        frame({ payload: Buffer.alloc(100), fin: false }),
        frame({ opcode: 9, payload: Buffer.alloc(5) }),
        frame({ opcode: 0, payload: Buffer.alloc(1) }),
      ],
      2,
    ],
  ])('are refused where a message is too long, %s: up to there they pass', (_, frames, sound) => {
    const reader = new FrameReader(100);

    const passed = reader.read(Buffer.concat(frames));

    expect(reader.refusal).toBe(TOO_BIG);
    expect(passed).toEqual(Buffer.concat(frames.slice(0, sound)));
    expect(reader.atBoundary).toBe(true);
  });

  it('of many short messages are no long one', () => {
    const reader = new FrameReader(100);
    const bytes = Buffer.concat(new Array<Buffer>(50).fill(frame({ payload: Buffer.alloc(90) })));

    expect(reader.read(bytes)).toEqual(bytes);
    expect(reader.refusal).toBe(0);
  });

  it('announce a Close', () => {
    const reader = new FrameReader(0);
    reader.read(frame({ opcode: 8, payload: Buffer.from([3, 232]) }));

    expect(reader.closed).toBe(true);
  });

  it('with a length that is none are followed no further, and pass', () => {
    const reader = new FrameReader(0);
    const bytes = Buffer.from('827fffffffffffffffffaabbcc', 'hex');

    expect(reader.read(bytes)).toEqual(bytes);
    expect(reader.read(bytes)).toEqual(bytes);
    expect([reader.lost, reader.atBoundary]).toEqual([true, false]);
  });
});
