import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.js';

describe('the command line', () => {
  it('prints the version of the package', async () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

    const { exitCode, out } = await commandLine('--version');

    expect(exitCode).toBe(0);
    expect(out).toBe(`${manifest.version}\n`);
  });

  it('lists every command with --help', async () => {
    const { exitCode, out } = await commandLine('--help');

    expect(exitCode).toBe(0);
    for (const name of ['start', 'routes', 'explain', 'token', 'key'])
      expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('tells the options of one command', async () => {
    const { exitCode, out } = await commandLine('token --help');

    expect(exitCode).toBe(0);
    expect(out).toContain('--expires TIME');
  });

  it.each(['', 'import kong.yml', 'keys', 'constructor'])(
    'answers %j with the commands there are, exit 64',
    async (line) => {
      const { exitCode, out, err } = await commandLine(line);

      expect(exitCode).toBe(64);
      expect(out).toBe('');
      expect(err).toContain('start, routes, explain, check, token, key');
    },
  );

  it('refuses an option it does not know with the usage, exit 64', async () => {
    const { exitCode, err } = await commandLine('routes --yaml');

    expect(exitCode).toBe(64);
    expect(err).toContain('--yaml');
    expect(err).toContain('Usage: portcullis routes [FILE …] [--auth] [--json]');
  });

  it.each([
    ['start --strict-kong', '--strict-kong is for declarative files'],
    ['routes --refuse-open', '--refuse-open is for declarative files'],
    ['routes a.yml --module b.js', 'Files make a gateway of their own'],
    ['start a,b.yml', 'the name of a file must hold no comma'],
  ])('refuses %s, exit 64', async (line, text) => {
    const { exitCode, err } = await commandLine(line);

    expect(exitCode).toBe(64);
    expect(err).toContain(text);
  });

  it.each(['start', 'routes', 'explain GET /a'])('names the file that %s did not find', async (line) => {
    const { exitCode, err } = await commandLine(`${line} --module nowhere/app.module.js`);

    expect(exitCode).toBe(64);
    expect(err).toContain('nowhere/app.module.js does not exist here; build first');
  });

  it('says what a module file must export', async () => {
    const { exitCode, err } = await commandLine('routes --module empty.module.ts');

    expect(exitCode).toBe(64);
    expect(err).toContain('empty.module.ts exports no class');
  });
});
