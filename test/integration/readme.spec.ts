import { readFileSync } from 'node:fs';
import type { Type } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demoInstructions } from '../../src/demo/demo.instructions.js';
import { codeBlocks } from '../support/documents/code-blocks.js';
import { ScratchProject } from '../support/documents/scratch-project.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { bearer } from '../support/tokens.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const FILES = codeBlocks(README).flatMap(({ file, code }) => (file === undefined ? [] : [{ file, code }]));
const INDEX = 'src/upstreams/index.ts';
const ADDED = FILES.filter(({ file }) => file.startsWith('src/upstreams/') && file !== INDEX);
/** The root module and the entry of a repository of one's own. */
const OWN = FILES.filter(({ file }) => !file.startsWith('src/upstreams/'));

describe("README's first upstream", () => {
  let project: ScratchProject;
  let AppModule: Type;

  beforeAll(async () => {
    project = new ScratchProject();
    for (const { file, code } of ADDED) project.write(file, code);
    for (const { file, code } of FILES) if (file === INDEX) project.append(file, code);
    const loaded = (await import(project.path('src/app/app.module.ts'))) as { AppModule: Type };
    AppModule = loaded.AppModule;
  });

  afterAll(() => project.remove());

  it('takes four files in a folder of their own and one line', () => {
    const lines = FILES.filter(({ file }) => file === INDEX).map(({ code }) => code.trim().split('\n'));

    expect(ADDED.map(({ file }) => file)).toEqual([
      'src/upstreams/invoices/invoices.types.ts',
      'src/upstreams/invoices/invoices.upstream.ts',
      'src/upstreams/invoices/invoices.controller.ts',
      'src/upstreams/invoices/invoices.module.ts',
    ]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toHaveLength(1);
  });

  it('compiles under strict settings', () => {
    const problems = project.problemsIn([...ADDED.map(({ file }) => file), INDEX, 'src/app/app.module.ts']);

    expect(problems).toEqual([]);
  }, 60_000);

  it("compiles in a repository of one's own, with the root module and the entry shown for it", () => {
    const own = new ScratchProject([]);
    const files = [...ADDED, ...OWN];
    for (const { file, code } of files) own.write(file, code);

    const problems = own.problemsIn(files.map(({ file }) => file));
    own.remove();

    expect(OWN.map(({ file }) => file)).toEqual(['src/app/app.module.ts', 'src/main.ts']);
    expect(problems).toEqual([]);
  }, 60_000);

  it('is typed: a field the type does not have, or a parameter the template does not name, does not compile', () => {
    const { code } = ADDED.find(({ file }) => file.endsWith('controller.ts')) as { code: string };
    project.write('src/upstreams/invoices/misspelled.controller.ts', code.replace("['iban']", "['ibam']"));
    project.write(
      'src/upstreams/invoices/misnamed.controller.ts',
      code.replace('{ id })', '{ number: id })'),
    );

    const problems = project.problemsIn([
      'src/upstreams/invoices/misspelled.controller.ts',
      'src/upstreams/invoices/misnamed.controller.ts',
    ]);

    expect(problems).toEqual([
      expect.stringMatching(/misspelled.*"ibam"' is not assignable/),
      expect.stringMatching(/misnamed.*'number' does not exist/),
    ]);
  }, 60_000);

  describe.each(WAYS)('%s', (way) => {
    let upstream: RecordingUpstream;
    let running: RunningGateway;

    beforeEach(async () => {
      upstream = await RecordingUpstream.start();
      upstream.respond = (_request, response) => {
        response.setHeader('Content-Type', 'application/json');
        response.end('{"id":"7","total":12.5,"iban":"DE89370400440532013000"}');
      };
      running = await startGateway(AppModule, { way, environment: { INVOICES_URL: upstream.url } });
    });

    afterEach(async () => {
      await running.close();
      await upstream.close();
    });

    it('forwards to the upstream, keeps the bank account inside and counts per subject', async () => {
      const answer = await ask(`${running.url}/api/invoices/7?full=1`, {
        headers: bearer({ scope: 'invoices:read' }),
      });

      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ id: '7', total: 12.5 });
      expect(answer.headers['x-ratelimit-limit']).toBe('100');
      expect(upstream.last.url).toBe('/invoices/7?full=1');
    });

    it('asks for a token, and for the scope where one is named', async () => {
      const nobody = await ask(`${running.url}/api/invoices/7`);
      const somebody = await ask(`${running.url}/api/invoices/7`, { headers: bearer() });
      const others = await ask(`${running.url}/api/invoices`, {
        headers: bearer(),
        method: 'POST',
        body: '{}',
      });

      expect([nobody.status, somebody.status, others.status]).toEqual([401, 403, 200]);
      expect(upstream.received.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /invoices']);
    });

    it(`runs ${way}`, async () => {
      const routes = (await ask(`${running.adminUrl}/routes`)).json() as { path: string; mode: string }[];

      const modes = routes.filter(({ path }) => path.startsWith('/api/invoices')).map(({ mode }) => mode);
      expect(modes.length).toBeGreaterThan(1);
      expect(new Set(modes)).toEqual(new Set([way]));
    });
  });
});

describe("README's demo lines", () => {
  it('are those the demo prints, with the same statuses', () => {
    const printed = demoInstructions({
      port: '8080',
      adminPort: '9901',
      secret: 'a-secret-of-32-bytes-at-the-least',
      issuer: undefined,
      audience: undefined,
      usersUrl: 'http://127.0.0.1:3001',
    });

    const shown = linesWithStatus(README);

    expect(shown).toEqual(linesWithStatus(printed.replace(/Bearer [\w.-]+/g, 'Bearer $TOKEN')));
    expect(shown.length).toBeGreaterThan(5);
  });

  it('name the commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      scripts: Record<string, string>;
    };

    const named = [...README.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string);

    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

function linesWithStatus(text: string): string[] {
  return text.split('\n').filter((line) => /^curl .*# → \d{3}$/.test(line));
}
