import { describe, expect, it } from 'vitest';
import { digestOfApiKey } from '../../../../../src/contracts/api-key-text.js';
import { ConfigError } from '../../../../../src/contracts/config-problem.js';
import { ConsumerDirectory } from '../../../../../src/policies/authenticate/consumers/consumer.directory.js';
import {
  type ConsumerSettings,
  ConsumerSources,
} from '../../../../../src/policies/authenticate/consumers/consumer.sources.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const HASH = '$scrypt$ln=15,r=8,p=1$c29tZS1zYWx0LW9mLTE2$aGFzaC1vZi0zMi1ieXRlcy1pbi1iYXNlNjQtdGV4dA';

function loaded(settings: ConsumerSettings): { directory: ConsumerDirectory; sources: ConsumerSources } {
  const directory = new ConsumerDirectory();
  return { directory, sources: new ConsumerSources(directory, settings) };
}

/** Every mistake, as start would print it. */
function problemsOf(settings: ConsumerSettings): readonly string[] {
  try {
    loaded(settings);
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ where, message }) => `${where}: ${message}`);
  }
}

const fileProblems = (...consumers: unknown[]): readonly string[] =>
  problemsOf({ file: JSON.stringify({ consumers }) }).map((problem) =>
    problem.replace('CONSUMERS_FILE: ', ''),
  );

describe('consumers', () => {
  it('come from code, from the file and from lines, as one list', () => {
    const { directory, sources } = loaded({
      declared: [{ id: 'acme', plan: 'gold', groups: ['partners'] }],
      file: JSON.stringify({
        consumers: [
          {
            id: 'beta',
            name: 'Beta Ltd.',
            customId: 'crm 7',
            apiKeys: [{ id: 'b1', digest: DIGEST, scopes: ['a:b'], notBefore: '2026-01-01T00:00:00Z' }],
            passwords: [{ username: 'beta user', hash: HASH }],
            certificates: [{ id: 'c1', fingerprint: `${'AB:'.repeat(31)}CD`, name: 'DNS:beta.example' }],
          },
        ],
      }),
      keys: `# remarks and empty lines\n\nacme:${OTHER} x y\r\ngamma:delta:sha256:${'c'.repeat(64)}\n`,
    });
    const list = directory.current;

    expect(sources.size).toBe(3);
    expect(list.apiKey('a'.repeat(64))).toMatchObject({
      consumer: { id: 'beta', name: 'Beta Ltd.', customId: 'crm 7', plan: undefined },
      record: { id: 'b1', notBeforeMs: Date.UTC(2026, 0, 1), expiresAtMs: undefined },
    });
    expect(list.apiKey('b'.repeat(64))).toMatchObject({
      consumer: { id: 'acme', plan: 'gold', groups: new Set(['partners']) },
      record: { id: 'acme-bbbbbbbb', scopes: new Set(['x', 'y']) },
    });
    expect(list.apiKey('c'.repeat(64))?.consumer.id).toBe('gamma:delta');
    expect(list.password('beta user')?.consumer.id).toBe('beta');
    expect(list.certificates[0]?.record).toMatchObject({
      fingerprint: `${'ab'.repeat(31)}cd`,
      name: 'DNS:beta.example',
    });
  });

  it('are told of with every mistake at once: where, and what would be right', () => {
    const problems = fileProblems(
      { name: 'x' },
      { id: '', plann: 'gold', groups: ['a', 'a'], whatever: 1 },
      'text',
      {
        id: 'k',
        apiKeys: [
          { id: 'one', digest: 'ab' },
          { id: 'two', digest: DIGEST, notBefore: '2026-02-30T00:00:00Z', expiresAt: '2026-1-1' },
          {
            id: 'three',
            digest: OTHER,
            notBefore: '2026-02-01T00:00:00Z',
            expiresAt: '2026-02-01T01:00:00+01:00',
          },
          { digest: DIGEST, scopes: 'a b' },
        ],
        passwords: [{ username: 'a:b', hash: '$2b$10$abc' }],
        certificates: [{ id: 'c' }, { id: 'd', fingerprint: 'ab' }],
      },
      { id: 'l', apiKeys: {} },
    );

    expect(problems).toEqual([
      'consumers[0] has no id; it needs one.',
      'consumers[1].id must be a text of letters, digits and . _ : @ -, 128 at most, beginning with one of the first two.',
      'consumers[1] has a member "plann"; did you mean plan?',
      'consumers[1].groups must be a list of names, each standing once.',
      'consumers[1] has a member that is not known; there are id, name, customId, plan, groups, apiKeys, passwords, certificates.',
      'consumers[2] must be an object.',
      'consumers[3].apiKeys[0].digest must be `sha256:` and 64 lower-case hexadecimal digits; `portcullis key digest` makes it.',
      'consumers[3].apiKeys[1].notBefore must be a moment as in `2027-01-01T00:00:00Z` (RFC 3339).',
      'consumers[3].apiKeys[1].expiresAt must be a moment as in `2027-01-01T00:00:00Z` (RFC 3339).',
      'consumers[3].apiKeys[2].expiresAt is not after notBefore; the key would never be valid.',
      'consumers[3].apiKeys[3].scopes must be a list of scopes (RFC 6749, section 3.3), each standing once.',
      'consumers[3].apiKeys[3] has no id; it needs one.',
      'consumers[3].passwords[0].username must be a text of 256 characters at most, without a colon or control characters.',
      'consumers[3].passwords[0].hash must be a hash as `portcullis password hash` prints it, `$scrypt$ln=15,r=8,p=3$salt$hash`, that costs at least ln=14,r=8,p=1, and at most 128 MiB and twice the work of ln=17,r=8,p=1.',
      'consumers[3].certificates[0] asks for nothing; give it a fingerprint, a commonName or a name.',
      'consumers[3].certificates[1].fingerprint must be the SHA-256 of a certificate in 64 hexadecimal digits.',
      'consumers[4].apiKeys must be a list.',
    ]);
  });

  it('are refused where something they are found by stands twice, across all sources', () => {
    const key = { id: 'k', digest: DIGEST };
    const problems = problemsOf({
      declared: [{ id: 'acme', apiKeys: [key] }],
      file: JSON.stringify({
        consumers: [
          { id: 'acme' },
          {
            id: 'b',
            apiKeys: [
              { id: 'k', digest: OTHER },
              { id: 'k2', digest: OTHER },
            ],
          },
          {
            id: 'c',
            passwords: [
              { username: 'u', hash: HASH },
              { username: 'u', hash: HASH },
            ],
          },
          {
            id: 'd',
            certificates: [
              { id: 'x', commonName: 'a' },
              { id: 'x', commonName: 'b' },
            ],
          },
        ],
      }),
      keys: `new:${DIGEST}`,
    });

    expect(problems).toEqual([
      'CONSUMERS_FILE: consumers[0] has the consumer id of consumers[0] in GatewayModule.forRoot({ consumers }); each may stand once.',
      'CONSUMERS_FILE: consumers[1].apiKeys[0] has the API key id of consumers[0].apiKeys[0] in GatewayModule.forRoot({ consumers }); each may stand once.',
      'CONSUMERS_FILE: consumers[1].apiKeys[1] has the digest of consumers[1].apiKeys[0]; each may stand once.',
      'CONSUMERS_FILE: consumers[2].passwords[1] has the username of consumers[2].passwords[0]; each may stand once.',
      'CONSUMERS_FILE: consumers[3].certificates[1] has the certificate id of consumers[3].certificates[0]; each may stand once.',
      'API_KEYS: line 1 has the digest of consumers[0].apiKeys[0] in GatewayModule.forRoot({ consumers }); each may stand once.',
    ]);
  });

  it.each([
    ['no JSON', '{"consumers": [\n  {"id": "canary" 1}]}', 'is not JSON: line 2, column 19 cannot be read.'],
    ['half a file', '{"consumers": [{"id": "canary"', 'is not JSON'],
    [
      'a list',
      '[]',
      'must be one JSON object { "consumers": [ … ] }, in which no object has a member twice.',
    ],
    ['a member twice', '{"consumers":[{"id":"a","id":"canary"}]}', 'in which no object has a member twice.'],
    ['no list', '{"consumers":"canary"}', 'the document.consumers must be a list of consumers.'],
    [
      'another member',
      '{"consumer":[],"consumers":[]}',
      'the document has a member "consumer"; did you mean consumers?',
    ],
    ['too much', `{"consumers":[]}${' '.repeat(8 * 1024 * 1024)}`, 'bytes long; 8388608 is the most.'],
    [
      'the __proto__ of a consumer',
      '{"consumers":[{"id":"a","__proto__":{"plan":"canary"}}]}',
      'a member that is not known',
    ],
  ])('are refused with a file that holds %s, and nothing of it is told', (_, file, reason) => {
    const problems = problemsOf({ file });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(reason);
    expect(problems[0]).not.toContain('canary');
  });

  it('never show what stands where a mistake is', () => {
    const canary = 'canary-pk_0123456789';
    const wrong = {
      id: { canary },
      name: `${canary}\n`,
      customId: [canary],
      plan: `${canary}/`,
      groups: [`${canary} `],
    };
    const problems = [
      ...fileProblems(
        wrong,
        {
          id: 'b',
          apiKeys: [
            {
              id: `${canary}!`,
              digest: canary,
              scopes: [`${canary} x`],
              notBefore: canary,
              expiresAt: canary,
            },
          ],
        },
        {
          id: 'c',
          [canary]: canary,
          passwords: [canary],
          certificates: [{ id: `${canary}/`, name: canary }],
        },
        { id: canary },
        { id: canary },
      ),
      ...problemsOf({ keys: `${canary}\nacme:sha256:${canary}\n${canary}:${DIGEST}\n${canary}:${DIGEST}` }),
    ];

    expect(problems.length).toBeGreaterThan(14);
    expect(problems.join('\n')).not.toContain('canary');
  });

  it('show the first fifty mistakes of a file of the wrong kind', () => {
    const problems = fileProblems(...Array.from({ length: 1_000 }, () => 1));

    expect(problems).toHaveLength(51);
    expect(problems.at(-1)).toBe('and 950 more like these.');
  });

  it('are replaced whole by a changed text, or stay whole', () => {
    const first = { consumers: [{ id: 'a', apiKeys: [{ id: 'k', digest: DIGEST }] }] };
    const { directory, sources } = loaded({ declared: [{ id: 'code' }], file: JSON.stringify(first) });
    let told = 0;
    directory.onReplaced(() => told++);

    const refused = sources.change({ file: '{"consumers":[{"id":"b"},{}]}', keys: undefined });
    const kept = [...['code', 'a', 'b'].map((id) => directory.byId(id)?.id)];
    const taken = sources.change({ file: '{"consumers":[{"id":"b"}]}', keys: undefined });

    expect(refused).toEqual(['CONSUMERS_FILE: consumers[1] has no id; it needs one.']);
    expect(kept).toEqual(['code', 'a', undefined]);
    expect(taken).toEqual([]);
    expect(directory.current.apiKey(DIGEST.slice(7))).toBeUndefined();
    expect(['code', 'a', 'b'].map((id) => directory.byId(id)?.id)).toEqual(['code', undefined, 'b']);
    expect(told).toBe(1);
  });

  it('are read in a blink, as many as a file may hold', () => {
    const consumers = Array.from({ length: 25_000 }, (_, i) => ({
      id: `consumer-${i}`,
      apiKeys: [{ id: `k${i}`, digest: `sha256:${digestOfApiKey(String(i))}`, scopes: ['orders:read'] }],
    }));

    const { directory } = loaded({ file: JSON.stringify({ consumers }) });

    expect(directory.current.apiKey(digestOfApiKey('24999'))?.record.id).toBe('k24999');
  });
});
