import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKongFiles } from '../../../../src/kong/document/read-kong-files.js';
import { told } from './reading.js';

const HEAD = '_format_version: "3.0"\n';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-files-'));
  const put = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
  for (const name of ['sound', 'sound/inner', 'empty', '..data']) mkdirSync(join(folder, name));
  put('sound/b.yml', `${HEAD}routes: [{name: r, service: s, paths: [/a]}]`);
  put('sound/a.yaml', `${HEAD}services: [{name: s, host: h}]`);
  put('sound/c.json', '{"_format_version": "3.0", "consumers": [{"username": "ann"}]}');
  put('sound/.hidden.yml', 'not read');
  put('sound/notes.txt', 'not read');
  put('sound/inner/d.yml', 'not read');
  put('junk.yml', Buffer.from([0xff, 0xfe, 0x00, 0x80]));
  put('huge.yml', '');
  truncateSync(join(folder, 'huge.yml'), 100 * 1024 * 1024);
  // As a mounted ConfigMap looks.
  put('..data/kong.yml', HEAD);
  symlinkSync('..data/kong.yml', join(folder, 'linked.yml'));
  symlinkSync('loop.yml', join(folder, 'loop.yml'));
  execFileSync('mkfifo', [join(folder, 'pipe.yml')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('files of Kong', () => {
  it('are read with all of a folder as one configuration, in the order of their names', async () => {
    const { configuration, problems } = await readKongFiles(['sound'], { folder });

    expect(problems).toEqual([]);
    expect(configuration?.routes[0]?.service?.name).toBe('s');
    expect(configuration?.services[0]?.place.file).toBe(join('sound', 'a.yaml'));
    expect(configuration?.consumers[0]?.username).toBe('ann');
  });

  it('are counted before they are read, for each is looked at again and again', async () => {
    const { configuration, problems } = await readKongFiles(['sound'], { folder, maxFiles: 2 });

    expect(configuration).toBeUndefined();
    expect(told(problems)).toBe('sound:1:1: sound makes it more than 2 files; join them.');
    expect((await readKongFiles(['sound'], { folder, maxFiles: 3 })).problems).toEqual([]);
  });

  it('are bounded together, not each alone', async () => {
    const { problems } = await readKongFiles(['sound'], { folder, maxTotalBytes: 150 });

    expect(told(problems)).toContain('makes all files together larger than 150 bytes');
    expect((await readKongFiles(['sound'], { folder, maxTotalBytes: 1_000 })).problems).toEqual([]);
  });

  it('count once, however often they are named', async () => {
    const { configuration } = await readKongFiles(['sound', join('sound', 'a.yaml'), join(folder, 'sound')], {
      folder,
    });

    expect(configuration?.services).toHaveLength(1);
  });

  it('may be links', async () => {
    expect((await readKongFiles(['linked.yml'], { folder })).problems).toEqual([]);
  });

  it.each([
    ['none.yml', 'none.yml does not exist'],
    ['huge.yml', 'huge.yml is larger than 16777216 bytes'],
    ['junk.yml', 'junk.yml is not written in UTF-8'],
    ['pipe.yml', 'pipe.yml is no file'],
    ['loop.yml', 'a link that leads back to itself'],
    ['empty', 'empty is a folder without files of .yaml, .yml, .json'],
    ['linked.yml/a.yml', 'a part of its path is no folder'],
  ])('are refused: %s', async (name, words) => {
    const { configuration, problems } = await readKongFiles(['sound', name], { folder });

    expect(configuration).toBeUndefined();
    expect(told(problems)).toContain(words);
  });

  it('are all told of that cannot be read', async () => {
    const { problems } = await readKongFiles(['none.yml', 'junk.yml'], { folder });

    expect(problems.map(({ place }) => place.file)).toEqual(['none.yml', 'junk.yml']);
  });
});
