import { deepEqual, equal, ok } from 'node:assert/strict';
import type { LimitAlgorithm, LimitMeter } from '../../policies/rate-limit/meters/limit-meter.js';
import type {
  Limiter,
  LimitRule,
  LimitStore,
  Verdict,
} from '../../policies/rate-limit/stores/limit-store.js';

/** A store under test, and how its time passes. */
export interface LimitStoreUnderTest {
  readonly store: LimitStore;
  /** Lets its clock go on by so many milliseconds, or a little more. */
  pass(ms: number): void | Promise<void>;
  /** What its clock says, in milliseconds since the epoch. Default: Date.now. */
  now?(): number;
}

/** One thing that every store of limits must do. */
export interface LimitStorePromise {
  readonly name: string;
  /** @throws AssertionError when the store does not keep it */
  check(given: LimitStoreUnderTest): Promise<void>;
}

/**
 * Everything that a store of limits must do, whoever counts. Windows are short enough for a clock that cannot be moved, and
 * each check counts in a bucket of its own.
 *
 * @example `for (const { name, check } of LIMIT_STORE_PROMISES) it(name, () => check({ store, pass }));`
 */
export const LIMIT_STORE_PROMISES: readonly LimitStorePromise[] = [
  ...(['fixed-window', 'calendar-window', 'sliding-window', 'token-bucket'] as const).flatMap(
    ofEachAlgorithm,
  ),
  ...ofTime(),
  ...ofSeveralWindows(),
  ...ofPlaces(),
];

/** What clocks and networks may be off by. */
const SLACK_MS = 150;
/** Far longer than a check takes: nothing of it comes back meanwhile. */
const LONG_MS = 3_600_000;
const LARGEST = 999_999_999_999_999;

let buckets = 0;

function meterOf(algorithm: LimitAlgorithm, limit: number, windowMs = LONG_MS, burst = limit): LimitMeter {
  // A calendar's hour may end during a check; its year does so once.
  const calendar = algorithm === 'calendar-window' && windowMs === LONG_MS ? 'year' : undefined;
  return {
    algorithm,
    limit,
    windowMs: calendar === undefined ? windowMs : 366 * 86_400_000,
    calendar,
    burst,
  };
}

function ruleOf(...meters: readonly LimitMeter[]): LimitRule {
  return { bucket: `promises ${process.pid} ${++buckets}`, meters, name: 'default' };
}

/** A verdict kept: that of a store in memory is good until the next hit only. */
async function hit(limiter: Limiter, key = 'anna', cost = 1): Promise<Verdict> {
  const answer = limiter.hit(key, cost);
  const verdict = answer instanceof Promise ? await answer : answer;
  return { ...verdict, standings: verdict.standings.map((standing) => ({ ...standing })) };
}

async function hits(
  times: number,
  limiter: Limiter,
  key?: string,
  cost?: number,
): Promise<readonly Verdict[]> {
  const all: Verdict[] = [];
  for (let i = 0; i < times; i++) all.push(await hit(limiter, key, cost));
  return all;
}

const passed = (verdicts: readonly Verdict[]): readonly boolean[] => verdicts.map((one) => one.passed);
const left = (verdicts: readonly Verdict[]): readonly (number | undefined)[] =>
  verdicts.map(({ standings }) => standings[0]?.remaining);

function within(ms: number | undefined, least: number, most: number, what: string): void {
  ok(ms !== undefined && ms >= least && ms <= most, `${what} is ${ms} ms; must be ${least}–${most} ms`);
}

function ofEachAlgorithm(algorithm: LimitAlgorithm): LimitStorePromise[] {
  const three = (): LimitRule => ruleOf(meterOf(algorithm, 3));
  const about = (name: string, check: LimitStorePromise['check']): LimitStorePromise => ({
    name: `${algorithm}: ${name}`,
    check,
  });
  return [
    about('lets the limit pass, tells what is left, and refuses the rest', async ({ store }) => {
      const verdicts = await hits(5, store.open(three()));

      deepEqual(passed(verdicts), [true, true, true, false, false]);
      deepEqual(left(verdicts), [2, 1, 0, 0, 0]);
      deepEqual(
        verdicts.map(({ retryMs }) => retryMs > 0),
        [false, false, false, true, true],
      );
    }),
    about('lets exactly the limit pass when all ask at once', async ({ store }) => {
      const limiter = store.open(ruleOf(meterOf(algorithm, 50)));
      const verdicts = await Promise.all(Array.from({ length: 200 }, () => hit(limiter)));

      equal(passed(verdicts).filter(Boolean).length, 50);
    }),
    about('counts keys apart, also those that look like another bucket or window', async ({ store }) => {
      const rule = three();
      const limiter = store.open(rule);
      await hits(3, limiter);
      const others = ['ben', '', 'anna}', '|anna', '__proto__', 'line\r\nbreak \u0000 ünï 💥'];

      for (const key of others) deepEqual(left([await hit(limiter, key)]), [2], key);
      const inner = store.open({ ...rule, bucket: `${rule.bucket}|anna` });
      deepEqual(left([await hit(inner, '')]), [2]);
    }),
    about('counts together what names one bucket and window, and apart what does not', async ({ store }) => {
      const rule = three();
      await hits(2, store.open(rule));
      const again = store.open({ ...rule, meters: [...rule.meters] });
      const shorter = store.open({ ...rule, meters: [meterOf(algorithm, 3, LONG_MS / 2)] });
      const elsewhere = store.open({ ...rule, bucket: `${rule.bucket} other` });

      deepEqual(left([await hit(again), await hit(shorter), await hit(elsewhere)]), [0, 2, 2]);
    }),
    about('takes what a hit costs, or nothing when it does not fit', async ({ store }) => {
      const limiter = store.open(ruleOf(meterOf(algorithm, 10)));
      const dear = await hits(3, limiter, 'anna', 4);
      const cheap = await hits(3, limiter);
      const beyond = await hit(limiter, 'ben', 11);
      const all = await hit(limiter, 'ben', 10);

      deepEqual(passed(dear), [true, true, false]);
      deepEqual(left(dear), [6, 2, 2]);
      deepEqual(passed(cheap), [true, true, false]);
      deepEqual([beyond.passed, all.passed], [false, true]);
      ok(beyond.retryMs > 0);
    }),
    about('lets what costs nothing pass, and tells how the key stands', async ({ store }) => {
      const limiter = store.open(three());
      const [before] = await hits(2, limiter, 'anna', 0);
      await hits(3, limiter);
      const after = await hit(limiter, 'anna', 0);

      deepEqual([before?.passed, before?.standings[0]?.remaining], [true, 3]);
      deepEqual([after.passed, after.retryMs, after.standings[0]?.remaining], [true, 0, 0]);
    }),
    about('holds the largest limit there is', async ({ store }) => {
      const limiter = store.open(ruleOf(meterOf(algorithm, LARGEST)));
      const first = await hit(limiter, 'anna', LARGEST - 1);
      const rest = await hit(limiter, 'anna', LARGEST);

      deepEqual([first.passed, rest.passed], [true, false]);
    }),
    about('lets a key begin anew when it is reset, and no other key', async ({ store }) => {
      const limiter = store.open(three());
      await hits(3, limiter);
      await hits(3, limiter, 'ben');
      await limiter.reset('anna');

      deepEqual(passed([await hit(limiter), await hit(limiter, 'ben')]), [true, false]);
    }),
  ];
}

/** How each algorithm gives back. */
function ofTime(): LimitStorePromise[] {
  return [
    {
      name: 'fixed-window: begins with the first hit that passes, and afresh when it has ended, however often it refused meanwhile',
      async check({ store, pass }) {
        const limiter = store.open(ruleOf(meterOf('fixed-window', 3, 600)));
        const refused = await hit(limiter, 'anna', 4);
        await pass(200);
        const first = await hit(limiter);
        const inside = await hits(20, limiter);
        await pass(620);
        const fresh = await hits(4, limiter);

        equal(refused.passed, false);
        within(first.standings[0]?.resetMs, 550, 600, 'the window');
        deepEqual(passed(inside).slice(0, 3), [true, true, false]);
        within(inside.at(-1)?.retryMs, 1, 600, 'the wait');
        deepEqual(passed(fresh), [true, true, true, false]);
      },
    },
    {
      name: 'calendar-window: ends with the minute, the month and the year of the calendar in UTC',
      async check({ store, now = Date.now }) {
        const at = now();
        const date = new Date(at);
        const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
        const ends = [
          [60_000, undefined, Math.floor(at / 60_000 + 1) * 60_000],
          [31 * 86_400_000, 'month', Date.UTC(year, month + 1)],
          [366 * 86_400_000, 'year', Date.UTC(year + 1, 0)],
        ] as const;

        for (const [windowMs, calendar, end] of ends) {
          const meter: LimitMeter = { algorithm: 'calendar-window', limit: 1, burst: 1, windowMs, calendar };
          const { standings } = await hit(store.open(ruleOf(meter)));
          const resetMs = standings[0]?.resetMs;
          // The minute may have ended meanwhile.
          if (end - at > SLACK_MS) within(resetMs, end - at - SLACK_MS, end - at + 1, calendar ?? 'minute');
        }
      },
    },
    {
      name: 'sliding-window: lets no more than the limit pass in any span of its length, and gives back what has passed',
      async check({ store, pass }) {
        const windowMs = 800;
        const limiter = store.open(ruleOf(meterOf('sliding-window', 4, windowMs)));
        const early = await hits(2, limiter);
        await pass(400);
        const late = await hits(3, limiter);
        // The first two are gone, the others are not.
        await pass(480);
        const back = await hits(3, limiter);

        deepEqual(passed([...early, ...late]), [true, true, true, true, false]);
        within(late[2]?.retryMs, 200, 400 + windowMs / 20, 'the wait');
        deepEqual(passed(back), [true, true, false]);
      },
    },
    {
      name: 'token-bucket: gives back evenly, and saves up no more than the burst',
      async check({ store, pass }) {
        const limiter = store.open(ruleOf(meterOf('token-bucket', 10, 5_000, 3)));
        const burst = await hits(4, limiter);
        await pass(520);
        const one = await hits(2, limiter);
        await pass(2_600);
        const saved = await hits(4, limiter);

        deepEqual(passed(burst), [true, true, true, false]);
        within(burst[3]?.retryMs, 500 - SLACK_MS, 500, 'the wait');
        within(burst[2]?.standings[0]?.resetMs, 1_500 - SLACK_MS, 1_500, 'the time until it is full');
        deepEqual(passed(one), [true, false]);
        deepEqual(passed(saved), [true, true, true, false]);
      },
    },
  ];
}

function ofSeveralWindows(): LimitStorePromise[] {
  return [
    {
      name: 'several windows: a hit passes when it fits into all of them, and else takes nothing of any',
      async check({ store, pass }) {
        const limiter = store.open(ruleOf(meterOf('fixed-window', 2, 400), meterOf('fixed-window', 3)));
        const first = await hits(4, limiter);
        await pass(420);
        const second = await hits(2, limiter);

        deepEqual(passed(first), [true, true, false, false]);
        deepEqual(
          first.map(({ standings }) => standings.map(({ remaining }) => remaining)),
          [
            [1, 2],
            [0, 1],
            [0, 1],
            [0, 1],
          ],
        );
        deepEqual(passed(second), [true, false]);
        within(second[1]?.retryMs, LONG_MS / 2, LONG_MS, 'the wait');
      },
    },
    {
      name: 'several windows: where refused hits count too, they take of every window, and tell what was left before',
      async check({ store, pass }) {
        const rule = ruleOf(meterOf('fixed-window', 1, 400), meterOf('fixed-window', 4));
        const limiter = store.open({ ...rule, countRefused: true });
        const first = await hits(3, limiter);
        await pass(420);
        const second = await hits(2, limiter);
        await pass(420);
        const third = await hits(1, limiter);

        deepEqual(passed([...first, ...second, ...third]), [true, false, false, true, false, false]);
        deepEqual(
          [...first, ...second, ...third].map(({ standings }) => standings.map(({ remaining }) => remaining)),
          [
            [0, 3],
            [0, 3],
            [0, 2],
            [0, 0],
            [0, 0],
            [1, 0],
          ],
        );
        within(third[0]?.retryMs, LONG_MS / 2, LONG_MS, 'the wait');
      },
    },
    {
      name: 'several windows: exactly the strictest limit passes when all ask at once',
      async check({ store }) {
        const limiter = store.open(
          ruleOf(meterOf('sliding-window', 80), meterOf('token-bucket', 50), meterOf('fixed-window', 70)),
        );
        const verdicts = await Promise.all(Array.from({ length: 200 }, () => hit(limiter)));
        const stands = await hit(limiter, 'anna', 0);

        equal(passed(verdicts).filter(Boolean).length, 50);
        deepEqual(
          stands.standings.map(({ remaining }) => remaining),
          [30, 0, 20],
        );
      },
    },
  ];
}

function ofPlaces(): LimitStorePromise[] {
  const placesOf = (store: LimitStore, limit: number) =>
    store.openPlaces({ bucket: `promises ${process.pid} ${++buckets}`, limit });
  return [
    {
      name: 'places: as many are in as the limit says, and a place that is left is free again',
      async check({ store }) {
        const places = placesOf(store, 2);
        const [first, second, third] = [
          await places.enter('anna'),
          await places.enter('anna'),
          await places.enter('anna'),
        ];
        const other = await places.enter('ben');
        const taken = await places.taken('anna');
        first.leave();
        // Once is enough.
        first.leave();
        const fourth = await eventually(() => places.enter('anna'));
        const fifth = await places.enter('anna');

        deepEqual([first.passed, second.passed, third.passed, other.passed], [true, true, false, true]);
        deepEqual([first.remaining, second.remaining, third.remaining], [1, 0, 0]);
        equal(taken, 2);
        deepEqual([fourth.passed, fifth.passed], [true, false]);
      },
    },
    {
      name: 'places: exactly the limit gets in when all ask at once',
      async check({ store }) {
        const places = placesOf(store, 50);
        const admissions = await Promise.all(Array.from({ length: 200 }, async () => places.enter('anna')));

        equal(admissions.filter((one) => one.passed).length, 50);
        for (const { passed: inside, leave } of admissions) if (inside) leave();
      },
    },
    {
      name: 'places: a reset forgets who is in, and who leaves then frees no place of another',
      async check({ store }) {
        const places = placesOf(store, 1);
        const first = await places.enter('anna');
        await places.reset('anna');
        const second = await places.enter('anna');
        first.leave();
        const third = await places.enter('anna');

        deepEqual([first.passed, second.passed, third.passed], [true, true, false]);
      },
    },
  ];
}

/** A place is given back without an answer, so the next may have to ask again. */
async function eventually<T extends { passed: boolean }>(ask: () => T | Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (answer.passed || tries === 100) return answer;
  }
}
