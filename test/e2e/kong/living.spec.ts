import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DeclaredRoutes } from '../../../src/framework/kong/declared-routes.js';
import { ask } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';

const LOADED = 'declared-routes.loaded';

let upstream: RecordingUpstream;
let other: RecordingUpstream;
let kong: KongGateway;

const file = (routes: string, url = upstream.url): string => `
_format_version: "3.0"
services:
  - name: users
    url: ${url}
    routes:
${routes}
`;

beforeAll(async () => {
  upstream = await RecordingUpstream.start();
  other = await RecordingUpstream.start();
  kong = await startKong(file('      - {name: one, paths: [/one]}'));
  // Lines are written a little later than they are told.
  await kong.logged(LOADED, 1);
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
  await other.close();
});

/** The line of the load that this makes happen. */
async function loadedBy(change: () => Promise<void>) {
  const before = kong.lines().filter(({ event }) => event === LOADED).length;
  await change();
  return (await kong.logged(LOADED, before + 1)).at(-1);
}

describe('a Kong file that changes', () => {
  it('has its new routes take over, and logs what changed by its meaning', async () => {
    const line = await loadedBy(() =>
      kong.replace(
        file('      - {name: one, paths: [/one], methods: [GET]}\n      - {name: two, paths: [/two]}'),
      ),
    );

    expect((await ask(`${kong.url}/two`)).status).toBe(200);
    expect((await ask(`${kong.url}/one`, { method: 'POST' })).status).toBe(404);
    expect(line).toMatchObject({
      cause: 'file',
      added: ['route two'],
      removed: [],
      changed: ['route one'],
    });
  });

  it('says nothing changed when only the layout did', async () => {
    const line = await loadedBy(() =>
      kong.replace(
        `# a comment\n${file('      - {name: two, paths: [/two]}\n      - {name: one, methods: [GET], paths: [/one]}')}`,
      ),
    );

    expect(line).toMatchObject({ added: [], removed: [], changed: [] });
  });

  it('keeps the old routes and says why when the new file is wrong', async () => {
    await kong.replace(file('      - {name: one, pathz: [/three]}\n      - {name: two, paths: ["~/(?=a)"]}'));

    const [line] = await kong.logged('declared-routes.refused', 1);

    expect(line?.['problems']).toEqual([
      expect.objectContaining({ message: expect.stringContaining('pathz') as string }),
      expect.objectContaining({ message: expect.stringContaining('looks ahead') as string }),
    ]);
    expect((await ask(`${kong.url}/two`)).status).toBe(200);
  });

  it('keeps the old routes while a file is half written', async () => {
    await writeFile(kong.file, '_format_version: "3.0"\nservices:\n  - name: us');
    const declared = kong.gateway.get(DeclaredRoutes, { strict: false });

    await declared.reload('SIGHUP');

    expect((await ask(`${kong.url}/two`)).status).toBe(200);
  });

  it('keeps the connections of services that stay as they are, and opens new ones for those that do not', async () => {
    const declared = kong.gateway.get(DeclaredRoutes, { strict: false });
    const connections = new Set<Socket>();
    upstream.respond = (_req, res) => {
      connections.add(res.socket as Socket);
      res.end('{}');
    };
    await writeFile(kong.file, file('      - {name: one, paths: [/one]}'));
    await declared.reload('test');
    await ask(`${kong.url}/one`);
    await writeFile(kong.file, file('      - {name: three, paths: [/three]}'));
    await declared.reload('test');
    await ask(`${kong.url}/three`);

    expect(connections.size).toBe(1);

    await writeFile(kong.file, file('      - {name: three, paths: [/three]}', other.url));
    await declared.reload('test');
    await ask(`${kong.url}/three`);

    expect(other.received.length).toBe(1);
    expect(connections.size).toBe(1);
    await vi.waitFor(() => expect([...connections].every(({ destroyed }) => destroyed)).toBe(true));
  });

  it('lets a request that runs finish by the routes it came in by', async () => {
    const declared = kong.gateway.get(DeclaredRoutes, { strict: false });
    let release = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      other.respond = (_req, res) => {
        release = () => void res.end('late');
        resolve();
      };
    });
    const running = ask(`${kong.url}/three`);
    await arrived;
    await writeFile(kong.file, file('      - {name: four, paths: [/four]}'));
    await declared.reload('test');

    release();

    expect((await running).text).toBe('late');
    expect((await ask(`${kong.url}/three`)).status).toBe(404);
  });

  it('keeps what limits have counted', async () => {
    const declared = kong.gateway.get(DeclaredRoutes, { strict: false });
    const limited = (paths: string) =>
      `      - {name: limited, paths: [${paths}], plugins: [{name: rate-limiting, config: {hour: 1, policy: local}}]}`;
    await writeFile(kong.file, file(limited('/limited')));
    await declared.reload('test');
    expect((await ask(`${kong.url}/limited`)).status).toBe(200);
    await writeFile(kong.file, file(limited('/limited, /more')));
    await declared.reload('test');

    expect((await ask(`${kong.url}/more`)).status).toBe(429);
  });
});
