import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.js';
import { secretHeld } from '../../../src/config/secret-files.js';
import { type Every, SecretFilesWatcher } from '../../../src/config/secret-files.watcher.js';
import type { FileSight } from '../../../src/config/watched-file.js';

const OLD = 'the-old-secret-of-thirty-two-bytes-or-more';
const NEW = 'the-new-secret-of-thirty-two-bytes-or-more';

/** Files in memory: each write is a change that can be seen. */
class FakeFiles implements FileSight {
  readonly #files = new Map<string, { text: string | Error; version: number }>();
  #version = 0;
  reads = 0;

  write(path: string, text: string | Error): void {
    this.#files.set(path, { text, version: ++this.#version });
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  async identity(path: string): Promise<string> {
    const file = this.#files.get(path);
    if (file === undefined) throw failure('ENOENT');
    return String(file.version);
  }

  async read(path: string): Promise<string> {
    this.reads++;
    return this.readNow(path);
  }

  readonly readNow = (path: string): string => {
    const text = this.#files.get(path)?.text ?? failure('ENOENT');
    if (text instanceof Error) throw text;
    return text;
  };
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A watcher of files in memory, with what it told and what it put to work. */
function watching(
  environment: Record<string, string>,
  files: FakeFiles,
  refuse: () => readonly string[] = () => [],
) {
  const told: string[] = [];
  const atWork = new Map<string, string | undefined>();
  let tick: (() => void) | undefined;
  let intervalMs = 0;
  const every: Every = (interval, run) => {
    intervalMs = interval;
    tick = run;
    return () => {
      tick = undefined;
    };
  };
  const watcher = new SecretFilesWatcher({
    environment,
    settings: loadSettings(environment, files.readNow),
    take(variable, settings) {
      const reasons = refuse();
      if (reasons.length === 0) atWork.set(variable, secretHeld(variable, settings));
      return reasons;
    },
    reloaded: (variable) => told.push(`reloaded ${variable}`),
    refused: (variable, reasons) => told.push(`refused ${variable}: ${reasons.join(' ')}`),
    sight: files,
    every,
  });
  return {
    watcher,
    told,
    atWork,
    interval: () => ({ intervalMs, running: tick !== undefined }),
    async looks(count: number): Promise<void> {
      for (let look = 0; look < count; look++) await watcher.look();
    },
  };
}

function jwtSecretFile(text: string | Error = OLD) {
  const files = new FakeFiles();
  files.write('/run/jwt', OLD);
  const watched = watching({ JWT_SECRET_FILE: '/run/jwt' }, files);
  if (text !== OLD) files.write('/run/jwt', text);
  return { files, ...watched };
}

describe('a watched secret file', () => {
  it('takes effect at the second look after it changed, and is told once', async () => {
    const { looks, told, atWork, files } = jwtSecretFile();
    await looks(3);

    files.write('/run/jwt', `${NEW}\n`);
    await looks(1);
    const early = atWork.size;
    await looks(1);
    await looks(5);

    expect(early).toBe(0);
    expect(atWork.get('JWT_SECRET_FILE')).toBe(NEW);
    expect(told).toEqual(['reloaded JWT_SECRET_FILE']);
  });

  it('is noticed when it changed between boot and the first look', async () => {
    const { looks, atWork } = jwtSecretFile(NEW);

    await looks(2);

    expect(atWork.get('JWT_SECRET_FILE')).toBe(NEW);
  });

  it('is read once for each change', async () => {
    const { looks, files } = jwtSecretFile();

    await looks(10);

    expect(files.reads).toBe(1);
  });

  it('is nothing to tell when it was only touched', async () => {
    const { looks, told, atWork, files } = jwtSecretFile();
    await looks(2);

    files.write('/run/jwt', OLD);
    await looks(2);

    expect(told).toEqual([]);
    expect(atWork.size).toBe(0);
  });

  it('is left alone while somebody is still writing it', async () => {
    const { looks, told, atWork, files } = jwtSecretFile();

    for (let length = 33; length <= NEW.length; length++) {
      files.write('/run/jwt', NEW.slice(0, length));
      await looks(1);
    }
    const meanwhile = atWork.size;
    await looks(1);

    expect(meanwhile).toBe(0);
    expect(atWork.get('JWT_SECRET_FILE')).toBe(NEW);
    expect(told).toEqual(['reloaded JWT_SECRET_FILE']);
  });

  it('is not taken when it changes while it is read', async () => {
    const { looks, atWork, files } = jwtSecretFile();
    await looks(2);
    const read = files.read.bind(files);
    files.write('/run/jwt', 'a-secret-that-somebody-is-just-replacing');
    files.read = async (path) => {
      const text = await read(path);
      files.read = read;
      files.write('/run/jwt', NEW);
      return text;
    };

    await looks(2);
    const early = atWork.size;
    await looks(2);

    expect(early).toBe(0);
    expect(atWork.get('JWT_SECRET_FILE')).toBe(NEW);
  });
});

describe('a secret file that boot would not have accepted', () => {
  it.each<[string, string | Error | undefined, string]>([
    ['is empty', '', 'JWT_SECRET_FILE: /run/jwt is empty; it must hold the secret.'],
    ['is too short', 'short', 'JWT_SECRET: is not acceptable; must be at least 32 bytes.'],
    ['is gone', undefined, 'JWT_SECRET_FILE: /run/jwt cannot be read (ENOENT); name a readable file.'],
    [
      'may not be read',
      failure('EACCES'),
      'JWT_SECRET_FILE: /run/jwt cannot be read (EACCES); name a readable file.',
    ],
  ])('keeps the old one and is told once when it %s', async (_what, text, reason) => {
    const { looks, told, atWork, files } = jwtSecretFile();

    if (text === undefined) files.remove('/run/jwt');
    else files.write('/run/jwt', text);
    await looks(6);

    expect(atWork.size).toBe(0);
    expect(told).toEqual([`refused JWT_SECRET_FILE: ${reason}`]);
  });

  it('is told again when it is mended, with a new secret or with the old one', async () => {
    const { looks, told, atWork, files } = jwtSecretFile('');
    await looks(3);

    files.write('/run/jwt', OLD);
    await looks(3);
    files.write('/run/jwt', 'short');
    await looks(3);
    files.write('/run/jwt', NEW);
    await looks(3);

    expect(told.map((line) => line.split(':')[0])).toEqual([
      'refused JWT_SECRET_FILE',
      'reloaded JWT_SECRET_FILE',
      'refused JWT_SECRET_FILE',
      'reloaded JWT_SECRET_FILE',
    ]);
    expect(atWork.get('JWT_SECRET_FILE')).toBe(NEW);
  });

  it('heals when a file that could not be read comes back as it was', async () => {
    const { looks, told, files } = jwtSecretFile();
    await looks(2);
    const { identity, read } = files;
    files.identity = files.read = async () => {
      throw failure('EIO');
    };
    await looks(2);

    Object.assign(files, { identity, read });
    await looks(2);

    expect(told.map((line) => line.split(':')[0])).toEqual([
      'refused JWT_SECRET_FILE',
      'reloaded JWT_SECRET_FILE',
    ]);
  });

  it('is told with the reason of whoever would use it, and stays refused', async () => {
    const files = new FakeFiles();
    files.write('/run/jwt', OLD);
    const { looks, told, atWork } = watching({ JWT_SECRET_FILE: '/run/jwt' }, files, () => [
      'not like this.',
    ]);

    files.write('/run/jwt', NEW);
    await looks(4);

    expect(told).toEqual(['refused JWT_SECRET_FILE: not like this.']);
    expect(atWork.size).toBe(0);
  });

  it('keeps the gateway running whatever goes wrong, and shows nothing of the content', async () => {
    const files = new FakeFiles();
    files.write('/run/jwt', OLD);
    const { looks, told } = watching({ JWT_SECRET_FILE: '/run/jwt' }, files, () => {
      throw new RangeError(`cannot use ${NEW}`);
    });

    files.write('/run/jwt', NEW);
    await looks(2);

    expect(told).toEqual(['refused JWT_SECRET_FILE: cannot be used (RangeError).']);
  });

  it('does not hold another file up', async () => {
    const files = new FakeFiles();
    files.write('/run/jwt', OLD);
    files.write('/run/admin', 'the-old-admin-token');
    const { looks, atWork } = watching(
      { JWT_SECRET_FILE: '/run/jwt', ADMIN_TOKEN_FILE: '/run/admin' },
      files,
    );

    files.write('/run/admin', 'no blanks');
    files.write('/run/jwt', NEW);
    await looks(2);

    expect([...atWork]).toEqual([['JWT_SECRET_FILE', NEW]]);
  });
});

describe('a public key file', () => {
  const pem = (type: 'ed25519' | 'ec' | 'rsa'): string => {
    const pair =
      type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : type === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 1024 })
          : generateKeyPairSync('ed25519');
    return pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  };
  const environment = { JWT_PUBLIC_KEY_FILE: '/run/key', JWT_AUDIENCE: 'any', JWT_ALGORITHMS: 'EdDSA' };

  it('takes effect when it is of a kind that the algorithms allow', async () => {
    const files = new FakeFiles();
    files.write('/run/key', pem('ed25519'));
    const { looks, atWork } = watching(environment, files);
    const next = pem('ed25519');

    files.write('/run/key', next);
    await looks(2);

    expect(atWork.get('JWT_PUBLIC_KEY_FILE')).toBe(next);
  });

  it.each([
    ['half of a key', pem('ed25519').slice(0, 60), 'holds no public key'],
    ['a key of another family', pem('ec'), 'cannot verify'],
    ['a weak key', pem('rsa'), '2048 is the least'],
  ])('keeps the old key when it holds %s', async (_what, text, reason) => {
    const files = new FakeFiles();
    files.write('/run/key', pem('ed25519'));
    const { looks, atWork, told } = watching(environment, files);

    files.write('/run/key', text);
    await looks(3);

    expect(atWork.size).toBe(0);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(reason);
  });
});

describe('looking', () => {
  it('starts only where a file is named, and stops', () => {
    const files = new FakeFiles();
    files.write('/run/jwt', OLD);
    const none = watching({ JWT_SECRET: OLD }, files);
    const one = watching({ JWT_SECRET_FILE: '/run/jwt' }, files);

    none.watcher.start();
    one.watcher.start();
    const running = one.interval();
    one.watcher.stop();
    none.watcher.stop();

    expect(none.interval().running).toBe(false);
    expect(running).toEqual({ intervalMs: 500, running: true });
    expect(one.interval().running).toBe(false);
  });

  it('does not begin again before the last look is over', async () => {
    const { watcher, files } = jwtSecretFile();
    let asked = 0;
    let release: (identity: string) => void = () => {};
    files.identity = () => {
      asked++;
      return new Promise((resolve) => {
        release = resolve;
      });
    };

    const first = watcher.look();
    await watcher.look();
    release('1');
    await first;

    expect(asked).toBe(1);
  });

  it('goes by the environment as it was at boot', async () => {
    const files = new FakeFiles();
    files.write('/run/jwt', OLD);
    const environment: Record<string, string> = { JWT_SECRET_FILE: '/run/jwt' };
    const { looks, atWork } = watching(environment, files);
    delete environment['JWT_SECRET_FILE'];

    files.write('/run/jwt', NEW);
    await looks(2);

    expect(atWork.get('JWT_SECRET_FILE')).toBe(NEW);
  });
});
