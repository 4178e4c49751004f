import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { type Answer, ask, WAYS } from '../support/gateway.harness.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const MIB = 1024 * 1024;
/** The most a filter reads unless its route says otherwise. */
const FILTER_LIMIT_BYTES = MIB;
const HELD_LIMIT_MS = 50;
/** Another process may take the processor from ours in one try, hardly in each of them. */
const TRIES = 5;

/** A document of names in a list, as long as asked for at most. */
function documentOf(bytes: number, nameOf: (index: number) => string): string {
  const members: string[] = [];
  for (let length = 2, i = 0; ; i++) {
    const member = `"${nameOf(i)}":0`;
    length += member.length + 1;
    if (length > bytes) return `{${members.join(',')}}`;
    members.push(member);
  }
}

const recordsOf = (bytes: number): string => {
  const record = '{"id":1234567,"name":"somebody","secret":"hidden","tags":["a","b"]}';
  return `{"list":[${Array.from({ length: Math.floor(bytes / (record.length + 1)) - 1 }, () => record).join(',')}]}`;
};

/** Documents that cost a careless parser more than their length. */
const BOMBS: Readonly<Record<string, string>> = {
  '100,000 lists in each other': '['.repeat(100_000),
  '100,000 lists in each other that close': '['.repeat(100_000) + ']'.repeat(100_000),
  '100,000 objects in each other': '{"a":'.repeat(100_000),
  'a mebibyte of opening brackets': '['.repeat(FILTER_LIMIT_BYTES),
  'a million names': documentOf(14 * MIB, (i) => `n${i}`),
  '8 MiB of records': recordsOf(8 * MIB),
};

/** Documents that are taken, as long as may be: their names are what differs. */
const NAMES: Readonly<Record<string, (index: number) => string>> = {
  'of any kind': (i) => `n${i * 7_919}`,
  // V8 once took the number for the hash: multiples of a power of two then share a bucket (CVE-2026-21717).
  'that are multiples of a power of two': (i) => String(4_294_967_296 + i * 1_048_576),
  'that are small multiples of a power of two': (i) => String(i * 4_096),
  'that are numbers in a row': (i) => String(i),
  'that differ in their last character alone': (i) => `${'x'.repeat(60)}${i}`,
  'that JavaScript gives a meaning': (i) => (i === 0 ? '__proto__' : `constructor${i}`),
};

describe('JSON made to be dear', () => {
  const documents = new Map<string, string>();
  const upstream = createServer((req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end(documents.get(req.url ?? '') ?? '{"ok":true}');
  });
  let service: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    await ensureServiceBuilt();
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
        ACCESS_LOG: 'off',
      },
      channel: true,
    });
    ({ url } = await service.addresses());
  });

  afterAll(async () => {
    await service.kill();
    upstream.closeAllConnections();
    upstream.close();
  });

  /** The answer to the same question every time, and how long the gateway was held up by it at least. */
  async function held(question: () => Promise<Answer>): Promise<{ answer: Answer; ms: number }> {
    let answer = await question();
    let ms = Number.POSITIVE_INFINITY;
    for (let i = 0; i < TRIES; i++) {
      await service.ask('watch');
      answer = await question();
      ms = Math.min(ms, await service.ask<number>('heldUp'));
    }
    return { answer, ms };
  }

  describe.each(WAYS)('from an upstream, through a filter, %s,', (way) => {
    const path = `/filtered/${way}/document`;
    const give = (document: string): void => void documents.set('/up/document', document);

    it.each(Object.entries(BOMBS))('[98, 103] is refused without holding anybody up: %s', async (_, bomb) => {
      give(bomb);

      const { answer, ms } = await held(() => ask(url + path));

      expect([answer.status, answer.json()]).toMatchObject([502, { code: 'upstream-body' }]);
      expect(ms).toBeLessThan(HELD_LIMIT_MS);
    });

    it('[103] is filtered without holding anybody up when it is as long as may be', async () => {
      give(recordsOf(FILTER_LIMIT_BYTES));

      const { answer, ms } = await held(() => ask(url + path));

      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('hidden');
      expect(ms).toBeLessThan(HELD_LIMIT_MS);
    });

    it.each(Object.entries(NAMES))('[98] costs its length with names %s', async (_, nameOf) => {
      give(documentOf(FILTER_LIMIT_BYTES, nameOf));

      const { answer, ms } = await held(() => ask(url + path));

      expect(answer.status).toBe(200);
      expect(ms).toBeLessThan(HELD_LIMIT_MS * 4);
    });
  });

  describe("from a client, to a team's own controller,", () => {
    const post = (body: string): Promise<Answer> =>
      ask(`${url}/own`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });

    it.each([
      ['50,000 lists in each other', '['.repeat(50_000), 400],
      ['a million names', documentOf(9 * MIB, (i) => `n${i}`), 413],
    ])('[98] is refused without holding anybody up: %s', async (_, body, status) => {
      const { answer, ms } = await held(() => post(body));

      expect(answer.status).toBe(status);
      expect(ms).toBeLessThan(HELD_LIMIT_MS);
    });
  });
});
