// biome-ignore-all lint/suspicious/noTemplateCurlyInString: decK writes its placeholders so
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/run-command.js';
import { commandLine } from './command-line.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-'));
  const put = (name: string, body: string) =>
    writeFileSync(join(folder, name), `_format_version: "3.0"\n${body}`);
  put(
    'sound.yml',
    'services: [{name: s, host: h, routes: [{name: r, paths: [/a]}, {name: q, paths: [/b]}]}]\nplugins: [{name: key-auth}]',
  );
  put('open.yml', 'services: [{name: t, host: "${{ env "DECK_HOST" }}", routes: [{name: o, paths: [/o]}]}]');
  put(
    'regex.yml',
    "services: [{name: s, host: h, routes: [{name: r, paths: ['~/(?<=a)b']}]}]\nplugins: [{name: key-auth}]",
  );
  put(
    'mixed.yml',
    [
      "services: [{name: s, hots: h, routes: [{name: r, paths: ['~/(?<=a)b']}]}]",
      'consumers: [{username: ann, jwt_secrets: [{key: k, secret: "-----BEGIN PUBLIC KEY-----"}]}]',
      'plugins: [{name: jwt, config: {anonymous: bob}}]',
    ].join('\n'),
  );
  put('wrong.yml', 'services: [{name: s, hots: h}]\nroutes: [{name: r}]');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);
const plugin = (name: string, config: string) =>
  `paths: [/p], plugins: [{name: ${name}, config: {${config}}}]`;

/** What only shows when routes are made of a file. */
const REFUSED_LATE: readonly (readonly [what: string, route: string, message: RegExp])[] = [
  ['§3 a regex that is none', 'paths: ["~/a(?=x)"]', /paths\[0\] is '~\/a\(\?=x\)', which looks ahead/],
  ['§6 cors', plugin('cors', 'origins: ["(x"]'), /plugin cors: origins: "\(x" is no regex/],
  ['§6 correlation-id', plugin('correlation-id', 'header_name: host'), /header_name is "host"/],
  ['§6 request-termination', plugin('request-termination', 'status_code: 101'), /status_code is 101/],
  [
    '§6 request-transformer',
    plugin('request-transformer', 'add: {headers: ["content-length:5"]}'),
    /headers\.add: content-length frames the message/,
  ],
  [
    '§6 response-transformer',
    plugin('response-transformer', 'add: {headers: ["transfer-encoding:x"]}'),
    /headers\.add: transfer-encoding frames the message/,
  ],
];

describe('portcullis check', () => {
  it('counts what a sound file holds, exit 0', async () => {
    expect(await commandLine(`check ${file('sound.yml')}`)).toEqual({
      exitCode: 0,
      out: '1 service, 2 routes, 1 plugin\n',
      err: '',
    });
  });

  it('prints every problem with its place, exit 78', async () => {
    const { exitCode, out, err } = await commandLine(`check ${file('wrong.yml')}`);

    expect(exitCode).toBe(78);
    expect(out).toBe('');
    expect(err).toMatch(
      /^The configuration cannot run; 2 to mend:\n {2}\S+wrong\.yml:2:22 services\[0\]\.hots: hots is no field of Kong's here; did you mean host\?/,
    );
    expect(err).toMatch(/wrong\.yml:3:10 routes\[0\]: /);
  });

  it('tries the regexes of routes', async () => {
    const { exitCode, err } = await commandLine(`check ${file('regex.yml')}`);

    expect(exitCode).toBe(78);
    expect(err).toMatch(
      /^The configuration cannot run; 1 to mend:\n {2}\S+regex\.yml:2:\d+: route r: paths\[0\]/,
    );
  });

  it('tells of regexes and keys together with what is wrong elsewhere in the document', async () => {
    const { exitCode, err } = await commandLine(`check ${file('mixed.yml')}`);

    expect(exitCode).toBe(78);
    expect(err).toMatch(/^The configuration cannot run; 4 to mend:/m);
    expect(err).toContain("hots is no field of Kong's here");
    expect(err).toContain('anonymous names no consumer of the files');
    expect(err).toContain('secret holds a public or private key');
    expect(err).toContain('which looks ahead or behind');
  });

  /** What is said of a service with these fields, and with a route that is refused late. */
  const checkLate = (service: string, route: string) => {
    const body = `services: [{name: s, ${service}, routes: [{name: r, ${route}}, {name: q, paths: [/q]}]}]`;
    writeFileSync(file('late.yml'), `_format_version: "3.0"\n${body}`);
    return commandLine(`check ${file('late.yml')}`);
  };

  it.each(REFUSED_LATE)(
    'prints what a start would refuse when it makes routes of a file (%s), exit 78',
    async (_, route, message) => {
      const { exitCode, err } = await checkLate('host: h', route);

      expect(exitCode).toBe(78);
      expect(err).toMatch(/The configuration cannot run; 1 to mend:\n {2}\S+late\.yml:2:\d+/);
      expect(err).toMatch(message);
    },
  );

  it.each(REFUSED_LATE)(
    'prints that together with what is wrong elsewhere (%s)',
    async (_, route, message) => {
      const { exitCode, err } = await checkLate('hots: h', route);

      expect(exitCode).toBe(78);
      expect(err).toContain("hots is no field of Kong's here");
      expect(err).toMatch(message);
    },
  );

  it('opens no log that a file names, exit 0', async () => {
    const log = file('no-such-folder/requests.log');
    const body = `services: [{name: s, host: h, routes: [{name: r, ${plugin('file-log', `path: ${log}`)}}]}]`;
    writeFileSync(file('logging.yml'), `_format_version: "3.0"\n${body}`);

    const { exitCode } = await commandLine(`check ${file('logging.yml')}`);

    expect(exitCode).toBe(0);
  });

  it('prints warnings of files that would run, exit 0', async () => {
    const { exitCode, out, err } = await commandLine(`check ${file('open.yml')}`, { DECK_HOST: 'h' });

    expect(exitCode).toBe(0);
    expect(out).toBe('1 service, 1 route\n');
    expect(err).toMatch(/^1 warning:\n {2}\S+open\.yml:2:\d+ services\[0\]\.routes\[0\]: anybody may call o/);
  });

  it('reads several files as one configuration', async () => {
    const { out } = await commandLine(`check ${file('sound.yml')} ${file('open.yml')}`, { DECK_HOST: 'h' });

    expect(out).toBe('2 services, 3 routes, 1 plugin\n');
  });

  it('refuses open routes with --refuse-open, exit 78', async () => {
    const { exitCode, err } = await commandLine(`check --refuse-open ${file('open.yml')}`, {
      DECK_HOST: 'h',
    });

    expect(exitCode).toBe(78);
    expect(err).toContain('1 to mend:');
  });

  it('refuses what differs from Kong with --strict-kong, exit 78', async () => {
    writeFileSync(
      file('uuid.yml'),
      '_format_version: "3.0"\nplugins: [{name: request-transformer, config: {add: {headers: ["A:$(uuid)"]}}}]',
    );

    expect((await commandLine(`check ${file('uuid.yml')}`)).exitCode).toBe(0);
    expect((await commandLine(`check --strict-kong ${file('uuid.yml')}`)).exitCode).toBe(78);
  });

  it('refuses what a start would refuse behind the reading, exit 78', async () => {
    writeFileSync(
      file('unplanned.yml'),
      `_format_version: "3.0"
services: [{name: s, host: h, routes: [{name: r, paths: ["~/a(?=b)"]}]}]
plugins: [{name: request-transformer, config: {add: {headers: ["Content-Length:5"]}}}]`,
    );

    const { exitCode, out, err } = await commandLine(`check ${file('unplanned.yml')}`);

    expect(exitCode).toBe(78);
    expect(out).toBe('');
    expect(err).toContain('The configuration cannot run; 2 to mend:');
    expect(err).toContain('looks ahead or behind');
    expect(err).toContain('Content-Length frames the message');
  });

  it('tells the warnings that a start would log', async () => {
    writeFileSync(
      file('unverified.yml'),
      '_format_version: "3.0"\nservices: [{name: s, url: "https://h", tls_verify: false}]',
    );

    const { exitCode, err } = await commandLine(`check ${file('unverified.yml')}`);

    expect(exitCode).toBe(0);
    expect(err).toMatch(/^1 warning:\n.*tls_verify is false; the certificate is verified nevertheless/);
  });

  it('tells of a route whose path the gateway answers itself', async () => {
    writeFileSync(
      file('health.yml'),
      '_format_version: "3.0"\nservices: [{name: s, host: h, routes: [{name: r, paths: [/health]}], plugins: [{name: key-auth}]}]',
    );

    const { exitCode, err } = await commandLine(`check ${file('health.yml')}`);
    const moved = await commandLine(`check ${file('health.yml')}`, { HEALTH_PATH: '/up' });

    expect(exitCode).toBe(0);
    expect(err).toContain('services[0].routes[0].paths: /health itself is answered by the gateway');
    expect(moved.err).toBe('');
  });

  it('refuses a name that is empty, as of a variable that is not set, exit 64', async () => {
    const said = { err: '' };
    const terminal = { environment: {}, folder, input: async () => '', out: () => {} };

    const exitCode = await runCommand(['check', ''], {
      ...terminal,
      err: (text) => {
        said.err += text;
      },
    });

    expect(exitCode).toBe(64);
    expect(said.err).toContain('the name of a file is empty');
  });

  it('reads a file once, however often it is named', async () => {
    const { exitCode, out } = await commandLine(`check ${file('sound.yml')} ${folder}/./sound.yml`);

    expect([exitCode, out]).toEqual([0, '1 service, 2 routes, 1 plugin\n']);
  });

  it('needs a file, exit 64', async () => {
    const { exitCode, err } = await commandLine('check');

    expect(exitCode).toBe(64);
    expect(err).toContain('Usage: portcullis check FILE …');
  });
});
