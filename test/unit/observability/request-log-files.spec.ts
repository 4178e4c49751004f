import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogSink } from '../../../src/observability/log-sink.js';
import { RequestLogFiles } from '../../../src/observability/request-log-files.js';

const LOOK_MS = 20;

describe('§6 file-log: the files of request logs', () => {
  let folder: string;
  let path: string;
  let files: RequestLogFiles;
  const troubles: string[] = [];
  const stdout: string[] = [];
  const linesOf = (file = path): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-request-log-'));
    path = join(folder, 'requests.log');
    troubles.length = 0;
    stdout.length = 0;
    const out = new LogSink(1, {
      flushMs: 5,
      write: (_fd, chunk, done) => {
        stdout.push(chunk.toString());
        done(null, chunk.length);
      },
    });
    files = new RequestLogFiles(
      out,
      (file) => ({ flushMs: 5, onTrouble: (code) => troubles.push(`${file} ${code}`) }),
      LOOK_MS,
    );
  });
  afterEach(async () => {
    await files.close(100);
    rmSync(folder, { recursive: true, force: true });
  });

  it('§6 file-log: appends to what is there, one line a record', async () => {
    writeFileSync(path, 'before\n');
    const log = files.open(path, false);
    log.write('{"a":1}');
    log.write('{"a":2}');

    await files.close(1_000);

    expect(linesOf()).toEqual(['before', '{"a":1}', '{"a":2}']);
  });

  it('§6 file-log: without reopen the moved file is written on', async () => {
    const log = files.open(path, false);
    log.write('one');
    renameSync(path, `${path}.1`);
    await new Promise((resolve) => setTimeout(resolve, 4 * LOOK_MS));
    log.write('two');

    await files.close(1_000);

    expect(linesOf(`${path}.1`)).toEqual(['one', 'two']);
    expect(existsSync(path)).toBe(false);
  });

  it('§6 file-log: with reopen a new file is written when the old one was moved, and nothing is lost', async () => {
    const log = files.open(path, true);
    log.write('one');
    renameSync(path, `${path}.1`);
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    log.write('two');

    await files.close(1_000);

    expect(linesOf(`${path}.1`)).toEqual(['one']);
    expect(linesOf()).toEqual(['two']);
  });

  it('§6 file-log: with reopen a folder that is gone keeps the old file, until it is back', async () => {
    const log = files.open(path, true);
    const away = `${folder}-away`;
    renameSync(folder, away);
    await new Promise((resolve) => setTimeout(resolve, 4 * LOOK_MS));
    log.write('kept');
    await vi.waitFor(() => expect(linesOf(join(away, 'requests.log'))).toEqual(['kept']));
    mkdirSync(folder);
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    log.write('new');

    await files.close(1_000);

    expect(linesOf()).toEqual(['new']);
    rmSync(away, { recursive: true });
  });

  it('two logs with one path are one file, open until the last of them is closed', async () => {
    const one = files.open(path, false);
    const other = files.open(path, false);
    one.close();
    one.close();
    other.write('still');
    other.close();

    await vi.waitFor(() => expect(linesOf()).toEqual(['still']));
  });

  it('opening a path again finds out that the file was moved, as when a configuration is read anew', async () => {
    const old = files.open(path, false);
    renameSync(path, `${path}.1`);

    const again = files.open(path, false);
    old.close();
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    again.write('new');
    await files.close(1_000);

    expect(linesOf()).toEqual(['new']);
  });

  it('a full disk is told once, makes nobody wait, and what does not fit is counted', async () => {
    const log = files.open('/dev/full', false);
    const line = 'x'.repeat(100_000);
    const startedAt = performance.now();
    for (let i = 0; i < 200; i++) log.write(line);
    const ms = performance.now() - startedAt;

    await vi.waitFor(() => expect(troubles).toEqual(['/dev/full ENOSPC']));
    await files.close(50);

    expect(ms).toBeLessThan(1_000);
    expect(troubles).toHaveLength(1);
    expect(files.droppedLines).toBe(200);
  });

  it('/dev/stdout goes the way of all other lines of the process', async () => {
    files.open('/dev/stdout', false).write('{}');

    await vi.waitFor(() => expect(stdout).toEqual(['{}\n']));
  });

  it.each([
    [
      '/no/such/folder/requests.log',
      'cannot be written (ENOENT); name a file in a folder that is there and may be written.',
    ],
    [tmpdir(), 'is a folder; name a file.'],
    ['/dev/stdout', undefined],
  ])('says of %s before anything is opened: %s', (given, fault) => {
    expect(files.fault(given)).toBe(fault);
  });

  it('makes no file by looking', () => {
    expect(files.fault(path)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });
});
