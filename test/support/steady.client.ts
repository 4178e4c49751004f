import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * Asks for one URL at a steady pace, in a thread of its own, so that whatever else the test does costs its clock
 * nothing. Waits count from when a request was due. Each message asks for the waits since the last one, in
 * milliseconds.
 */
const { url, everyMs } = workerData as { readonly url: string; readonly everyMs: number };
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
let waits: number[] = [];
let failures = 0;
let dueAt = performance.now();

const timer = setInterval(() => {
  for (; dueAt <= performance.now(); dueAt += everyMs) askOnce(dueAt);
}, everyMs);

function askOnce(due: number): void {
  const request = get(url, { agent }, (response) => {
    response.resume().on('end', () => waits.push(performance.now() - due));
  });
  request.on('error', () => failures++);
}

parentPort?.on('message', (message: 'take' | 'end') => {
  if (message === 'end') {
    clearInterval(timer);
    agent.destroy();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage({ waits, failures });
  waits = [];
  failures = 0;
});
