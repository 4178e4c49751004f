import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServiceBuilt, PROJECT } from '../support/built.service.js';
import { PacedLoad } from '../support/paced.load.js';
import { LONG } from '../support/proof-size.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

/** The short form runs beside other tests. */
const PER_SECOND = LONG ? 1_000 : 200;
const RELOADS = LONG ? 50 : 10;
const BROKEN_EVERY = 5;
/** Between two reloads, so that requests are under way in each generation. */
const GENERATION_MS = LONG ? 200 : 100;
/** Between the halves of an answer, so that each change finds some under way: a call that is cut there cannot be made again. */
const ANSWER_MS = 20;
const LIMIT_MS = 120_000;

/** What a generation writes into each of the places that one request passes. */
const file = (generation: number, url: string): string => `_format_version: "3.0"
services:
  - name: echo
    url: ${url}/g${generation}
    routes: [{ name: all, paths: [/], strip_path: false }]
    plugins:
      - name: request-transformer
        config: { add: { headers: ["X-Generation:${generation}"] } }
      - name: response-transformer
        config: { add: { headers: ["X-Answered:${generation}"] } }
${extraRoute(generation, url)}`;

/** Routes and services come and go. */
function extraRoute(generation: number, url: string): string {
  if (generation % 2 === 0) return '';
  return `  - name: extra-${generation}
    url: ${url}
    routes: [{ name: extra-${generation}, paths: [/extra] }]
`;
}

const MANY = LONG ? 20_000 : 5_000;

/** Each with a regex of its own, which takes the longest to make. */
function manyRoutes(url: string): string {
  const routes = Array.from({ length: MANY }, (_, i) => `{name: m${i}, paths: ["~/m${i}/(?<id>\\\\d+)$"]}`);
  return `  - name: many
    url: ${url}
    routes: [${routes.join(', ')}]
`;
}

const BROKEN: readonly ((whole: string) => string)[] = [
  (whole) => whole.slice(0, whole.length / 2),
  (whole) => whole.replace('strip_path', 'strip_paht'),
  () => '',
  (whole) => whole.replace('"3.0"', '"9.0"'),
  () => '\u0000\u0001binary',
];

describe('a gateway whose file is changed under load', () => {
  let folder: string;
  let upstreams: [RecordingUpstream, RecordingUpstream];
  let service: ServiceProcess;
  let load: PacedLoad | undefined;
  let asked = 0;
  const reached = new Set<RecordingUpstream>();

  beforeAll(async () => {
    await ensureServiceBuilt();
    folder = await mkdtemp(join(tmpdir(), 'portcullis-reload-'));
    upstreams = [await RecordingUpstream.start(), await RecordingUpstream.start()];
    for (const upstream of upstreams) {
      upstream.respond = ({ url, headers }, res) => {
        upstream.received.length = 0;
        asked++;
        reached.add(upstream);
        res.setHeader('X-Seen', `${/^\/g(\d+)\//.exec(url)?.[1]} ${headers['x-generation']}`);
        res.write('{');
        setTimeout(() => res.end('}'), ANSWER_MS);
      };
    }
    await writeFile(join(folder, 'kong.yml'), file(0, urlOf(0)));
    const { JWT_SECRET: _, ...environment } = SERVICE_ENVIRONMENT;
    service = new ServiceProcess(join(PROJECT, 'dist', 'cli.js'), {
      fileArguments: ['start', join(folder, 'kong.yml')],
      environment: { ...environment, ACCESS_LOG: 'off' },
    });
    await service.addresses();
  }, 150_000);

  afterAll(async () => {
    await load?.kill();
    await service?.kill();
    for (const upstream of upstreams ?? []) await upstream.close();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'answers every request, each by one generation from end to end',
    async () => {
      const { port } = await service.addresses();
      load = new PacedLoad({
        requests: [{ port, path: '/users/7' }],
        perSecond: PER_SECOND,
        keep: ['x-seen', 'x-answered'],
      });
      // The one it began with is seen as well.
      await expect.poll(() => asked).toBeGreaterThan(0);
      // What was loaded at the start.
      let replaced = 1;
      let refused = 0;
      for (let generation = 1; generation <= RELOADS; generation++) {
        const whole = file(generation, urlOf(generation));
        const broken = generation % BROKEN_EVERY === 0;
        const damage = BROKEN[(generation / BROKEN_EVERY) % BROKEN.length] as (whole: string) => string;
        await put(broken ? damage(whole) : whole);
        // By a signal or by what the file system tells, in turn.
        if (generation % 2 === 0) service.signal('SIGHUP');
        if (broken) await service.eventTimes('declared-routes.refused', ++refused);
        else await service.eventTimes('declared-routes.loaded', ++replaced);
        await pass(GENERATION_MS);
      }
      const answers = await load.end();

      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      const generations = new Set<number>();
      for (const { kept } of answers) {
        const [seen, answered] = kept;
        expect(seen).toBe(`${answered} ${answered}`);
        generations.add(Number(answered));
      }
      const good = Array.from({ length: RELOADS + 1 }, (_, i) => i).filter(
        (i) => i === 0 || i % BROKEN_EVERY !== 0,
      );
      expect([...generations].sort((a, b) => a - b)).toEqual(good);
      expect(reached.size).toBe(2);
      expect(service.running).toBe(true);
      console.log(`${answers.length} requests, ${replaced} files taken, ${refused} refused`);
    },
    LIMIT_MS,
  );

  it(
    'answers on while it takes a file of thousands of routes',
    async () => {
      const { port } = await service.addresses();
      load = new PacedLoad({ requests: [{ port, path: '/users/7' }], perSecond: PER_SECOND });
      const before = asked;
      await expect.poll(() => asked).toBeGreaterThan(before);
      const loads = service.lines.filter(({ event }) => event === 'declared-routes.loaded').length;
      await put(`${file(1, urlOf(1))}${manyRoutes(urlOf(1))}`);
      const [from, began] = [asked, performance.now()];
      service.signal('SIGHUP');
      await service.eventTimes('declared-routes.loaded', loads + 1);
      const answered = asked - from;
      const took = performance.now() - began;
      const answers = await load.end();

      // At one go, nothing is answered until it is done.
      expect(answered).toBeGreaterThan((PER_SECOND * took) / 1_000 / 2);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      console.log(`${MANY} routes in ${took.toFixed()} ms, ${answered} requests answered meanwhile`);
    },
    LIMIT_MS,
  );

  /** The service stays where it is over one change, and moves with the next: its connections are kept, and given up. */
  function urlOf(generation: number): string {
    return (upstreams[(generation >> 1) % 2] as RecordingUpstream).url;
  }

  /** As deployments do it: the file is there whole or not at all. */
  async function put(text: string): Promise<void> {
    await writeFile(join(folder, 'next'), text);
    await rename(join(folder, 'next'), join(folder, 'kong.yml'));
  }
});
