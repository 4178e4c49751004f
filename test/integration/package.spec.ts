import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { developmentToken, FakeUpstream } from 'portcullis/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks } from '../support/documents/code-blocks.js';
import { TEST_SECRET } from '../support/gateway.harness.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';
import { compile, install, type Manifest, pack, run } from './package.fixture.js';

/** README's first upstream, with the root module and the entry of a repository of its own, as they stand there. */
const README_FILES = Object.fromEntries(
  codeBlocks(readFileSync('README.md', 'utf8')).flatMap(({ file, code }) =>
    file === undefined || file === 'src/upstreams/index.ts' ? [] : [[file, code]],
  ),
);

const OWN_FILES = {
  'src/kit.ts': `
    import { createTestGateway, FakeUpstream } from 'portcullis/testing';
    import { AppModule } from './app/app.module.js';
    const invoices = await FakeUpstream.start();
    invoices.answer(200, { id: '1', iban: 'x' });
    const gateway = await createTestGateway(AppModule, { environment: { INVOICES_URL: invoices.url } });
    const answer = await fetch(gateway.url + '/api/invoices/1', {
      headers: { Authorization: 'Bearer ' + gateway.token({ scopes: ['invoices:read'] }) },
    });
    console.log(answer.status, await answer.text(), invoices.last.url);
    await gateway.close();
    await invoices.close();`,
};

/** Names in import and export declarations, dynamic imports and require calls that are no relative paths. */
const IMPORTED = /(?:^import |\bfrom |\bimport\(|\brequire\()['"]([^'".][^'"]*)['"]/gm;

let folders: string[] = [];
let file: string;
let project: string;
let manifest: Manifest;
let typeErrors: readonly string[];

beforeAll(async () => {
  const packed = await pack();
  folders = [packed.checkout];
  file = packed.file;
  const installed = await install(file);
  ({ project, manifest } = installed);
  folders.push(project);
  typeErrors = await compile(project, { ...README_FILES, ...OWN_FILES });
}, 180_000);

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const inPackage = (pattern: string): string[] =>
  globSync(pattern, { cwd: join(project, 'node_modules/portcullis') }).sort();

describe('the packed manifest', () => {
  it('asks the team for Nest, rxjs and reflect-metadata', () => {
    const peers = Object.keys(manifest.peerDependencies);

    expect(peers).toEqual(
      expect.arrayContaining(['@nestjs/common', '@nestjs/core', 'rxjs', 'reflect-metadata']),
    );
    expect(manifest.peerDependencies['@nestjs/core']).toMatch(/^\^12\./);
    expect(Object.keys(manifest.dependencies).filter((name) => name.startsWith('@nestjs/'))).toEqual([]);
  });

  it('brings no Node, no development tool and no script', () => {
    expect(Object.keys(manifest)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/optionalDependencies|devDependencies|scripts/)]),
    );
    expect(Object.keys(manifest.dependencies).filter((name) => /^node(-|$)/.test(name))).toEqual([]);
  });

  it('points only at files the package has', () => {
    const targets = JSON.stringify(manifest.exports).match(/\.\/[^"]+\.(?:json|js|ts)(?=")/g) ?? [];

    expect(targets.length).toBeGreaterThan(4);
    expect(targets.filter((target) => inPackage(target).length === 0)).toEqual([]);
  });

  it('declares every package that is imported', () => {
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    const imported = inPackage('dist/**/*.{js,d.ts}').flatMap((name) => {
      const text = readFileSync(join(project, 'node_modules/portcullis', name), 'utf8');
      return [...text.matchAll(IMPORTED)].map(([, from]) => from ?? '');
    });
    const packages = new Set(imported.map((from) => from.split('/', from.startsWith('@') ? 2 : 1).join('/')));

    expect([...packages].filter((name) => !isBuiltin(name) && !declared.includes(name))).toEqual([]);
  });

  it('leaves the manifest of the checkout as it was', () => {
    const before = readFileSync('package.json', 'utf8');

    const after = readFileSync(join(folders[0] as string, 'package.json'), 'utf8');

    expect(after).toBe(before);
    expect(existsSync(join(folders[0] as string, 'package.json.set-aside'))).toBe(false);
  });
});

describe('the package', () => {
  it('holds the framework, the command line and the documents, and no service', () => {
    const top = inPackage('*');
    const dist = inPackage('dist/*');

    expect(top).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json']);
    expect(dist).toEqual(expect.arrayContaining(['dist/cli.js', 'dist/framework']));
    expect(dist.filter((name) => /app|demo|upstreams|main|\.built-from|\.tsbuildinfo/.test(name))).toEqual(
      [],
    );
  });

  it('has types that need nothing beyond what it declares', () => {
    expect(typeErrors).toEqual([]);
  });
});

describe('an empty Nest project with the package installed', () => {
  it("boots README's first upstream, forwards to it and stops on SIGTERM", async () => {
    const invoices = await FakeUpstream.start();
    invoices.answer(200, { id: '7', total: 12, iban: 'NL91ABNA0417164300' });
    const gateway = new ServiceProcess(join(project, 'dist/main.js'), {
      environment: { ...SERVICE_ENVIRONMENT, INVOICES_URL: invoices.url },
    });
    const { url } = await gateway.addresses();
    const token = developmentToken(TEST_SECRET, { subject: 'ada', scopes: ['invoices:read'] });

    const refused = await fetch(`${url}/api/invoices/7`);
    const answer = await fetch(`${url}/api/invoices/7`, { headers: { Authorization: `Bearer ${token}` } });
    gateway.signal('SIGTERM');

    expect(refused.status).toBe(401);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ id: '7', total: 12 });
    expect(invoices.received.map((request) => request.url)).toEqual(['/invoices/7']);
    expect(await gateway.exit).toEqual({ code: 0, signal: null });
    await invoices.close();
  }, 60_000);

  it('tests itself with portcullis/testing', async () => {
    const printed = await run(project, process.execPath, 'dist/kit.js');

    expect(printed).toBe('200 {"id":"1"} /invoices/1\n');
  }, 60_000);

  it('has the command line', async () => {
    const cli = 'node_modules/portcullis/dist/cli.js';

    const version = await run(project, process.execPath, cli, '--version');
    const routes = await run(project, process.execPath, cli, 'routes');

    expect(version).toBe(`${manifest.version}\n`);
    expect(routes).toMatch(/GET +\/api\/invoices\/:id +invoice-service .*compiled/);
  }, 60_000);
});
