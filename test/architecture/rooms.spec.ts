import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterAll, describe, expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');
const scratch: string[] = [];

afterAll(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

describe('the import table', () => {
  it('holds for every file of src', async () => {
    const violations = await violationsIn(PROJECT);

    expect(violations.map(({ rule, from, to }) => `${from} → ${to} (${rule.name})`)).toEqual([]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['contracts import a room', 'room-contracts', { 'contracts/a': '../edge/b.js', 'edge/b': '' }],
    ['a room imports one above it', 'room-proxy', { 'proxy/a': '../edge/b.js', 'edge/b': '' }],
    [
      'the edge imports any policy',
      'room-edge',
      { 'edge/a': '../policies/cors/b.js', 'policies/cors/b': '' },
    ],
    ['one policy imports another', 'policy-alone', { 'policies/a/a': '../b/b.js', 'policies/b/b': '' }],
    [
      'an upstream imports the framework by path',
      'framework-by-its-own-name',
      { 'upstreams/users/a': '../../framework/index.js', 'framework/index': '' },
    ],
    ['the app imports a room below', 'room-app', { 'app/a': '../proxy/b.js', 'proxy/b': '' }],
    ['a library is used outside its room', 'vendor-opossum', { 'proxy/a': 'opossum' }],
    ['OpenTelemetry is used outside its room', 'vendor-opentelemetry', { 'edge/a': '@opentelemetry/api' }],
    ['a stage needs Nest', 'stage-knows-no-framework', { 'policies/a/a.stage': '@nestjs/common' }],
    ['the routing table needs Nest', 'below-nest', { 'routing/a': '@nestjs/common' }],
    ['resilience speaks HTTP', 'resilience-knows-no-http', { 'resilience/a': 'node:http' }],
    ['Nest is entered by the back door', 'nest-front-door', { 'framework/a': '@nestjs/common/constants.js' }],
    ['two modules need each other', 'no-cycle', { 'edge/a': './b.js', 'edge/b': './a.js' }],
  ])('is broken when %s', async (_what, rule, imports) => {
    const project = projectWith(imports);

    const violations = await violationsIn(project);

    expect(violations.map((violation) => violation.rule.name)).toContain(rule);
  });

  it('lets a room use what its row names', async () => {
    const project = projectWith({
      'edge/a': '../policies/correlation-id/b.js',
      'policies/correlation-id/b': '../../contracts/c.js',
      'contracts/c': '',
      'resilience/breaker': 'opossum',
      'framework/compiler/nest-internals': '@nestjs/common/constants.js',
    });

    const violations = await violationsIn(project);

    expect(violations).toEqual([]);
  });
});

/** A project of one-line files: file under src, without `.ts` → the one module it imports. */
function projectWith(imports: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rooms-')));
  scratch.push(folder);
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, imported] of Object.entries(imports)) {
    const path = join(folder, 'src', `${file}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, imported === '' ? 'export {};' : `import '${imported}';`);
  }
  return folder;
}

async function violationsIn(folder: string): Promise<IViolation[]> {
  const options = await extractOptions(join(PROJECT, '.dependency-cruiser.cjs'));
  const tsConfig = extractTSConfig(join(PROJECT, 'tsconfig.json'));
  const result = await cruise(['src'], { ...options, baseDir: folder }, undefined, { tsConfig });
  return (result.output as ICruiseResult).summary.violations;
}
