import { describe, expect, it } from 'vitest';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import { TransformRequest } from '../../../../src/policies/transform-request/transform-request.decorator.js';
import type { TransformRequestOptions } from '../../../../src/policies/transform-request/transform-request.options.js';
import { TransformRequestPolicy } from '../../../../src/policies/transform-request/transform-request.policy.js';

const policy = new TransformRequestPolicy();
const check = (options: unknown): readonly string[] => policy.check(options as TransformRequestOptions);

describe('the transform-request policy', () => {
  it('finds a sound declaration sound', () => {
    const options: TransformRequestOptions = {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: other gateways' placeholders are plain text here.
      headers: { remove: ['Cookie'], rename: { 'X-A': 'X-B' }, set: { 'X-C': 'é $(uuid) $5 ${x} #{y}' } },
      query: { add: { ünï: '\r\n' } },
    };

    expect(check(options)).toEqual([]);
  });

  it.each(['Content-Length', 'transfer-encoding', 'Connection', 'TE', 'Upgrade', 'Via', 'X-Forwarded-For'])(
    'lets no verb touch %s',
    (name) => {
      const problems = check({
        headers: {
          remove: [name],
          rename: { [name]: 'X-A', 'X-B': name },
          set: { [name]: '1' },
          add: { [name]: '1' },
          append: { [name]: '1' },
        },
      });

      expect(problems).toHaveLength(6);
      for (const problem of problems) expect(problem).toContain(name);
    },
  );

  it.each([['a\r\nb'], ['a\nb'], ['a\0b'], ['日本']])('refuses the header value %j', (value) => {
    expect(check({ headers: { set: { 'X-A': value } } })).toEqual([
      expect.stringMatching(/headers\.set: .*X-A/),
    ]);
  });

  it.each([
    [{}, /changes nothing/],
    [{ headers: {} }, /changes nothing/],
    [{ header: {} }, /did you mean headers/],
    [
      { headers: { replaces: { a: 'b' } } },
      /headers\.replaces is not an option; did you mean headers\.replace/,
    ],
    [{ headers: { remove: 'Cookie' } }, /headers\.remove is "Cookie"; must be a list of names/],
    [{ headers: { set: { a: 1 } } }, /headers\.set .* must be an object of names and texts/],
    [{ headers: { set: { 'X A': '1' } } }, /"X A" is not a header name/],
    [
      { headers: { set: { 'X-A': '$(os.time())' } } },
      /"\$\(os\.time\(\)"; what can be filled in is \$\(uuid\), \$\(headers/,
    ],
    [{ query: { append: { a: '$(uuid)$(now)' } } }, /query\.append: a holds "\$\(now\)"/],
    [{ query: { set: { '': '1' } } }, /not a query parameter's name/],
    [{ query: { set: { a: '\ud800' } } }, /half a character/],
    [{ headers: { set: { 'X-Correlation-ID': 'two words' } } }, /X-Correlation-ID cannot be "two words"/],
    [{ headers: { add: { 'x-correlation-id': '{$(uuid)}' } } }, /X-Correlation-ID cannot be/],
  ])('tells what is wrong with %j', (options, problem) => {
    expect(check(options)).toEqual([expect.stringMatching(problem)]);
  });

  it('is described by its edits, three at most', () => {
    expect(
      policy.describe({ headers: { remove: ['Cookie'], rename: { A: 'B' } }, query: { set: { v: '1' } } }),
    ).toBe('remove Cookie, rename A to B, query set v');
    expect(policy.describe({ headers: { remove: ['A', 'B', 'C', 'D'] } })).toBe(
      'remove A, remove B, remove C and 1 more',
    );
  });

  it('is declared by @TransformRequest and compiles to a stage before the handler', () => {
    class Users {
      @TransformRequest({ headers: { remove: ['Cookie'] } })
      one(this: void): void {}
    }

    expect(declaredPolicies(Users.prototype.one)).toMatchObject([
      { policy: 'transform-request', writtenAs: '@TransformRequest' },
    ]);
    expect(policy.stage()).toBe('shape');
    expect(Object.keys(policy.compile({ headers: { remove: ['Cookie'] } }))).toEqual(['before']);
  });
});
