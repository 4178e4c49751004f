import { Agent, get, type IncomingMessage } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { PacedAnswer, PacedOptions, PacedRequest } from './paced.load.ts';

// The thread of a PacedLoad.

const { requests, perSecond, keep = [] } = workerData as PacedOptions;
const agent = new Agent({ keepAlive: true, maxFreeSockets: 1_000 });
const answers: PacedAnswer[] = [];
const everyMs = 1_000 / perSecond;
let sent = 0;
let ending = false;

const now = (): number => performance.timeOrigin + performance.now();
const startedAt = now();

const timer = setInterval(() => {
  for (let due = startedAt + sent * everyMs; due <= now(); due = startedAt + sent * everyMs) ask(due);
}, 1);

function ask(due: number): void {
  const index = sent++ % requests.length;
  const { port, path } = requests[index] as PacedRequest;
  const settle = (response?: IncomingMessage): void => {
    const { statusCode = 0, headers = {} } = response ?? {};
    const store = headers['x-ratelimit-store'] as string | undefined;
    answers.push({
      index,
      due,
      ms: now() - due,
      status: statusCode,
      store,
      retryAfter: headers['retry-after'],
      kept: keep.map((name) => headers[name] as string | undefined),
    });
    if (ending) finish();
  };
  get({ host: '127.0.0.1', port, path, agent }, (response) => {
    response.resume().on('end', () => settle(response));
    // An answer that breaks off is none.
    response.on('error', () => settle());
  }).on('error', () => settle());
}

function finish(): void {
  if (answers.length < sent) return;
  agent.destroy();
  parentPort?.postMessage(answers);
  parentPort?.close();
}

parentPort?.on('message', () => {
  clearInterval(timer);
  ending = true;
  finish();
});
