import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../../support/built.service.js';
import { type LogLine, WAYS } from '../../support/gateway.harness.js';
import { RawClient, sendRaw } from '../../support/raw.client.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../../support/service.process.js';

/** What makes two lines of one, another line of a line, or a terminal do something. */
const NASTY: Readonly<Record<string, string>> = {
  'a line end': '%0D%0A{"level":"error","event":"forged"}',
  'a line end of Unicode': '%E2%80%A8{"event":"forged"}%E2%80%A9',
  'an escape sequence': '%1B[2J%1B[31mforged',
  'a quote and a brace': '%22}{%22event%22:%22forged%22',
  'a backslash and a C1 control': '%C2%9B31m',
  'text from right to left': '%E2%80%AEforged',
  'no UTF-8': '%FF%FE',
};
/** More than a pipe holds. */
const REQUESTS = 1_500;

describe('the access log', () => {
  let upstream: RecordingUpstream;
  let service: ServiceProcess;
  let folder: string;
  let log: string;

  beforeEach(async () => {
    await ensureServiceBuilt();
    upstream = await RecordingUpstream.start();
    folder = mkdtempSync(join(tmpdir(), 'portcullis-'));
    log = join(folder, 'access.log');
  });

  afterEach(async () => {
    await service.kill();
    await upstream.close();
    rmSync(folder, { recursive: true });
  });

  async function start(accessLog: string): Promise<number> {
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: { ...SERVICE_ENVIRONMENT, UPSTREAM_URL: upstream.url, ACCESS_LOG: accessLog },
    });
    return (await service.addresses()).port;
  }

  async function statuses(port: number): Promise<number[]> {
    const client = new RawClient(port);
    const seen = new Set<number>();
    const request = `GET /compiled/${'x'.repeat(200)} HTTP/1.1\r\nHost: gw\r\n\r\n`;
    for (let i = 0; i < REQUESTS; i++) seen.add((await client.send(request).answer()).status);
    client.close();
    return [...seen];
  }

  it.each(WAYS)(
    '[102] has one line of plain JSON for each request, whatever stands in path, agent and id, %s',
    async (way) => {
      const port = await start(log);
      const requests = Object.values(NASTY).flatMap((text) => {
        const raw = decodeBytes(text).replace(/[\0\r\n]/g, '\t');
        return [
          `GET /${way}/${text.replaceAll(/["{}[\]]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)} HTTP/1.1\r\nHost: gw\r\n\r\n`,
          `GET /${way}/a HTTP/1.1\r\nHost: gw\r\nUser-Agent: ${raw}\r\nX-Correlation-ID: ${raw}\r\n\r\n`,
          `GET /${way}/a?${text.replaceAll(/["{}]/g, '')} HTTP/1.1\r\nHost: gw\r\nReferer: ${raw}\r\n\r\n`,
        ];
      });

      const ids: string[] = [];
      for (const request of requests) {
        const answer = await sendRaw(port, request);
        // What never became a request has no id, and no line.
        ids.push(...answer.values('x-correlation-id'));
      }
      service.signal('SIGTERM');
      await service.exit;
      const text = readFileSync(log, 'latin1');
      const lines = text.trimEnd().split('\n');

      expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      expect(lines.map((line) => JSON.parse(line) as LogLine)).toEqual(
        ids.map((correlationId) => expect.objectContaining({ event: 'request', correlationId })),
      );
      expect(ids.length).toBeGreaterThan(requests.length / 2);
    },
  );

  it('[102] may be on a full disk, and requests are served', async () => {
    const port = await start('/dev/full');

    const seen = await statuses(port);
    const trouble = await service.event('log.sink-failing');
    service.signal('SIGTERM');

    expect(seen).toEqual([200]);
    expect(trouble).toMatchObject({ code: 'ENOSPC' });
    expect(await service.exit).toEqual({ code: 0, signal: null });
  });

  it('[102] may have a reader that is stuck, and requests are served and the process can leave', async () => {
    execFileSync('mkfifo', [log]);
    const reader = openSync(log, constants.O_RDWR | constants.O_NONBLOCK);
    const port = await start(log);

    const seen = await statuses(port);
    service.signal('SIGTERM');
    const exit = await service.exit;
    closeSync(reader);

    expect(seen).toEqual([200]);
    expect(exit).toEqual({ code: 0, signal: null });
  });
});

/** The bytes of an escaped text, one character each. */
function decodeBytes(text: string): string {
  return text.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
