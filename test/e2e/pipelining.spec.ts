import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { PlainClient } from '../support/plain.client.js';
import { PlainModule } from '../support/plain.gateway.js';
import { type ScriptedRequest, ScriptedUpstream } from '../support/scripted.upstream.js';

const ask = (line: string): string => `${line} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n`;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe.each(WAYS)('requests that come before the answer to an earlier one, %s', (way) => {
  let upstream: ScriptedUpstream;
  let running: RunningGateway;
  let client: PlainClient;

  beforeEach(async () => {
    upstream = await ScriptedUpstream.start();
    upstream.script = () => {};
    running = await startGateway(PlainModule, { way, environment: { UPSTREAM_URL: upstream.url } });
    client = new PlainClient(running.port);
  });

  afterEach(async () => {
    client.close();
    await running.close();
    await upstream.close();
  });

  const lines = (): string[] => upstream.requests.map(({ head }) => head.slice(0, head.indexOf(' HTTP')));
  /** The request of a line, as soon as the upstream has it. */
  const arrived = async (line: string): Promise<ScriptedRequest> => {
    await expect.poll(lines).toContain(line);
    return upstream.requests.find(({ head }) => head.startsWith(`${line} `)) as ScriptedRequest;
  };
  /** A request on another connection, answered: whatever was to reach the upstream before it has. */
  const another = async (): Promise<void> => {
    const other = new PlainClient(running.port).send(ask('GET /c/other'));
    (await arrived('GET /c/other')).socket.write(ANSWER);
    await other.answer();
    other.close();
  };

  it('are worked on side by side when all of them only read', async () => {
    client.send(ask('GET /c/1') + ask('HEAD /c/2') + ask('OPTIONS /c/3'));

    await arrived('GET /c/1');
    await arrived('HEAD /c/2');
    await arrived('OPTIONS /c/3');
  });

  it.each([
    ['a GET behind a POST', 'POST /c/1', 'GET /c/2'],
    ['a POST behind a GET', 'GET /c/1', 'POST /c/2'],
    ['a DELETE behind a PUT', 'PUT /c/1', 'DELETE /c/2'],
  ])('wait for their turn when one of them may change something: %s', async (_, first, second) => {
    client.send(ask(first) + ask(second));
    const { socket } = await arrived(first);
    await another();
    const before = lines();

    socket.write(ANSWER);
    (await arrived(second)).socket.write(ANSWER);
    const answers = [await client.answer(), await client.answer()];

    expect(before).not.toContain(second);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('are served in their order, each when the one before it is answered', async () => {
    client.send(['POST /c/1', 'GET /c/2', 'GET /c/3', 'POST /c/4'].map(ask).join(''));

    for (const line of ['POST /c/1', 'GET /c/2', 'GET /c/3', 'POST /c/4']) {
      (await arrived(line)).socket.write(ANSWER);
      await client.answer();
    }

    expect(lines()).toEqual(['POST /c/1', 'GET /c/2', 'GET /c/3', 'POST /c/4']);
  });

  it('are answered in their order when one of them is refused', async () => {
    client.send(ask('POST /c/1') + ask('GET /c/2') + ask('GET /c/../3'));
    (await arrived('POST /c/1')).socket.write(ANSWER);
    (await arrived('GET /c/2')).socket.write(ANSWER);

    const answers = [await client.answer(), await client.answer(), await client.answer()];

    await client.closed();
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
  });

  it('are never served when the client has left', async () => {
    client.send(ask('POST /c/1') + ask('POST /c/2'));
    await arrived('POST /c/1');
    client.close();

    const left = await running.accessLines(2);

    await another();
    expect(left.map(({ path, status }) => [path, status])).toEqual([
      ['/c/1', 499],
      ['/c/2', 499],
    ]);
    expect(lines()).not.toContain('POST /c/2');
  });

  it('are never served behind an answer that closes the connection', async () => {
    client.send(ask('POST /c/1') + ask('POST /c/2'));
    const { socket } = await arrived('POST /c/1');
    const drained = running.gateway.drain();

    socket.write(ANSWER);
    const answer = await client.answer();
    await client.closed();

    client.close();
    await drained;
    expect(answer.fields).toContainEqual(['Connection', 'close']);
    expect(client.text).toBe('');
    expect(lines()).toEqual(['POST /c/1']);
  });
});
