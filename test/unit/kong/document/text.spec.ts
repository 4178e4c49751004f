// biome-ignore-all lint/suspicious/noTemplateCurlyInString: decK writes its placeholders so
import { describe, expect, it } from 'vitest';
import { read, readBody, sound, told, toldOf } from './reading.js';

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('YAML of a file', () => {
  it('has anchors, aliases and merge keys; what stands beside them comes first', () => {
    const { services } = sound(`
_ignore: [&base {host: a, port: 81}, &more {port: 82, retries: 1}]
services:
  - {<<: [*base, *more], name: one}
  - {<<: *base, name: two, port: 83}`);

    expect(services.map(({ name, host, port, retries }) => [name, host, port, retries])).toEqual([
      ['one', 'a', 81, 1],
      ['two', 'a', 83, 5],
    ]);
  });

  it('has the values of YAML 1.2: yes is a word, 0o17 is 15, 017 is 17', () => {
    expect(toldOf('services: [{host: h, enabled: yes}]')).toContain(
      'enabled is "yes"; must be true or false, without quotes.',
    );
    expect(sound('services: [{host: h, port: 0o17, retries: 017}]').services[0]).toMatchObject({
      port: 15,
      retries: 17,
    });
  });

  it.each([
    ['a key that stands twice', 'a: 1\na: 2', 'kong.yml:3:1: a stands twice in one map'],
    ['an alias to nothing', '_comment: *nothing', '*nothing names no anchor'],
    ['a map that holds itself', '_ignore: &a [*a]', 'so it would never end'],
    ['a merge key with text', 'services: [{<<: text}]', '<< must be given a map'],
    ['a key that is a map', '? {a: b}\n: c', 'a key must be text'],
    ['a tab', 'services:\n\t- a', 'a tab stands where lines are indented'],
    ['a tag', '_comment: !secret a', 'a tag (!name) is not understood'],
    ['two documents', '---\na: b', 'more than one document'],
    ['an open quote', '_comment: "a', 'a closing quote'],
    ['a wrong escape', '_comment: "\\q"', 'a backslash that means nothing'],
    ['a NUL', '_comment: a\u0000', 'the control character U+0000'],
    ['half a character', '_comment: \ud800', 'half a Unicode character'],
  ])('is refused for %s', (_case, body, words) => {
    expect(told(readBody(body).problems)).toContain(words);
  });

  it.each([
    ['lists in lists', '['.repeat(100_000)],
    ['maps in maps', '{a: '.repeat(100_000)],
    ['dashes in one line', '- '.repeat(100_000)],
    [
      'indentation',
      indexes(200)
        .map((depth) => `${' '.repeat(depth)}a:`)
        .join('\n'),
    ],
    [
      'aliases of aliases',
      indexes(100)
        .map((n) => `a${n}: &a${n} [${n === 0 ? 'x' : `*a${n - 1}`}]`)
        .join('\n'),
    ],
  ])('is refused when it is nested too deep by %s', (_how, text) => {
    expect(told(read(text).problems)).toContain('is nested deeper than 64 levels');
  });

  it.each([
    [
      'aliases of aliases',
      indexes(20)
        .map(
          (n) =>
            `a${n}: &a${n} [${
              n === 0
                ? 'x'
                : Array(9)
                    .fill(`*a${n - 1}`)
                    .join()
            }]`,
        )
        .join('\n'),
    ],
    [
      'merge keys',
      `m: &m {${indexes(1_000)
        .map((n) => `k${n}: v`)
        .join()}}\n${indexes(2_000)
        .map((n) => `x${n}: {<<: *m}`)
        .join('\n')}`,
    ],
    ['plain aliases', `a: &a [${indexes(1_000).join()}]\nb: [${Array(600).fill('*a').join()}]`],
  ])('is refused when %s would fill the memory', (_how, text) => {
    expect(told(read(text).problems)).toContain('aliases stand for more than 500000 values');
  });

  it.each([
    ['commas', `[${','.repeat(400_000)}]`],
    ['closing brackets', `a: ${']'.repeat(400_000)}`],
    ['wrong escapes', `a: "${'\\q'.repeat(400_000)}"`],
    ['directives', '%A\n'.repeat(400_000)],
    ['tags', `[${'!a x,'.repeat(200_000)}]`],
    ['ends of documents', '...\n'.repeat(400_000)],
    ['documents', '--- a\n'.repeat(200_000)],
  ])('is put aside at its first mistakes when it holds a great many: %s', (_what, text) => {
    const begun = process.memoryUsage().heapUsed;

    const { problems } = read(text);

    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(5);
    // An error with its stack for each of them took 300 MB and more.
    expect(process.memoryUsage().heapUsed - begun).toBeLessThan(250 * 1024 * 1024);
  });

  it('is refused when there is more of it than the limits say', () => {
    expect(told(read('a'.repeat(20), { maxBytes: 19 }).problems)).toContain('larger than 19 bytes');
    expect(told(read('a'.repeat(20), { maxBytes: 20 }).problems)).not.toContain('larger');
    expect(told(read('é'.repeat(20), { maxBytes: 20 }).problems)).toContain('larger than 20 bytes');
    expect(told(read('[a, b, c]', { maxTokens: 5 }).problems)).toContain('more than 5 words of YAML');
  });
});

describe("decK's placeholders", () => {
  const environment = { DECK_HOST: 'users', DECK_PORT: ' 81 ', DECK_ON: 'T', DECK_N: '007', HOME: '/root' };
  const port = (written: string) =>
    sound(`services: [{host: h, port: ${written}}]`, { environment }).services[0]?.port;

  it.each([
    ['host: ${{ env "DECK_HOST" }}', 'users'],
    ['host: "${{ env "DECK_HOST" }}.internal"', 'users.internal'],
    ["host: '${{env `DECK_HOST`}}'", 'users'],
    ['host: a-${{- env "DECK_HOST" | trim -}}-b', 'a-users-b'],
  ])('are filled in: %s', (field, host) => {
    const { services } = sound(`services:\n  - name: a\n    ${field}`, { environment });

    expect(services[0]?.host).toBe(host);
  });

  it('give numbers and booleans where they stand unquoted', () => {
    expect(port('${{ env "DECK_PORT" | trim | toInt }}')).toBe(81);
    expect(port('${{ env "DECK_N" | toInt }}')).toBe(7);
    expect(
      sound('services: [{host: h, enabled: ${{ env "DECK_ON" | toBool }}}]', { environment }).services[0]
        ?.enabled,
    ).toBe(true);
  });

  it('keep a value one value, whatever it holds', () => {
    const { services } = sound(
      'services:\n  - name: a\n    host: h\n    tags:\n      - ${{ env "DECK_T" }}\n      - b',
      {
        environment: { DECK_T: 'x\n    port: 1\n"]: {' },
      },
    );

    expect(services[0]).toMatchObject({ port: 80, tags: ['x\n    port: 1\n"]: {', 'b'] });
  });

  it('hold a PEM, indented as decK needs it', () => {
    const { services } = sound(
      'services:\n  - name: a\n    host: h\n    tags:\n      - |\n        ${{ env "DECK_T" | indent 8 }}',
      {
        environment: { DECK_T: 'one\ntwo' },
      },
    );

    expect(services[0]?.tags).toEqual(['one\ntwo\n']);
  });

  it('are text where text is asked for, digits or not', () => {
    const { consumers } = sound('consumers: [{username: ${{ env "DECK_N" }}}]', { environment });

    expect(consumers[0]?.username).toBe('007');
  });

  it.each([
    ['${{ env "DECK_NONE" }}', 'the environment variable DECK_NONE is not set'],
    ['${{ env "HOME" }}', 'names begin with DECK_'],
    ['${{ env "DECK_HOST" | toInt }}', 'cannot be made a value by toInt'],
    ['${{ env "DECK_HOST" | printf }}', 'is not understood'],
    ['${{ if true }}', 'is not understood'],
  ])('are refused: %s', (written, words) => {
    const said = toldOf(`services: [{name: a, host: ${written}}]`, { environment });

    expect(said).toContain(words);
    expect(said).not.toContain('users');
  });

  it('keep lines and columns of what stands behind them', () => {
    expect(toldOf('services: [{host: ${{ env "DECK_HOST" }}, port: x}]', { environment })).toContain(
      'kong.yml:2:49 ',
    );
  });
});

describe('references to a vault', () => {
  const environment = { MY_REALM: 'shop', PARTS: '{"realm":"office","n":1}' };
  const realm = (reference: string) =>
    toldOf(`plugins: [{name: basic-auth, config: {realm: "${reference}"}}]`, { environment });

  it.each([
    ['{vault://env/my-realm}', 'shop'],
    ['{vault://env/MY_REALM}', 'shop'],
    ['{vault://env/parts/realm}', 'office'],
  ])('are looked up in the environment: %s', (reference, found) => {
    const { plugins } = sound(`plugins: [{name: basic-auth, config: {realm: "${reference}"}}]`, {
      environment,
    });

    expect(plugins[0]?.config).toMatchObject({ realm: found });
  });

  it.each([
    ['{vault://hcv/my-realm}', 'there is {vault://env/NAME} alone'],
    ['{vault://env/other}', 'environment variable OTHER, which is not set'],
    ['{vault://env/parts/n}', 'a JSON object with text at that name'],
    ['{vault://env/my-realm/realm}', 'a JSON object with text at that name'],
    ['{vault://env/a/b/c}', 'not understood'],
    ['{vault://env/a?prefix=b}', 'not understood'],
  ])('are refused: %s', (reference, words) => {
    expect(realm(reference)).toContain(words);
  });
});
