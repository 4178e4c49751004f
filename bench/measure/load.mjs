import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bench, CONNECTIONS, CORES, HTTP2_CONNECTIONS, HTTP2_STREAMS } from '../layout.mjs';
import { readH2load } from './h2load-output.mjs';
import { cpuMicros } from './process-cost.mjs';

/**
 * Loads a gateway as far as it goes, from the other core (wrk).
 *
 * @param {{ url: string }} gateway
 * @param {{ path: string, tokens?: string, first?: number, count?: number, webSocket?: boolean, http2?: boolean }} traffic
 */
export async function saturate(gateway, traffic, seconds) {
  if (traffic.webSocket) return echo(gateway, traffic, seconds);
  if (traffic.http2) return overHttp2(gateway, traffic, seconds);
  const { path, tokens, first = 0, count = 0, field } = traffic;
  const script = join(bench, 'load', 'requests.lua');
  const { url } = gateway;
  const given = field === undefined ? [] : [field];
  const from = tokens === undefined ? [] : [tokens, String(first), String(count), ...given];
  const wrk = [
    'wrk',
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '-s',
    script,
    url,
    '--',
    path,
    ...from,
  ];
  const output = await text('taskset', ['-c', String(CORES.load), ...wrk]);
  const result = JSON.parse(output.trim().split('\n').at(-1));
  if (result.errors + result.refused > 0) {
    throw new Error(
      `${gateway.name}: ${result.refused} answers were no 2xx, ${result.errors} connections failed.`,
    );
  }
  return result;
}

/** As {@link saturate}, with messages of open WebSockets in place of requests. */
async function echo({ name, url }, { path }, seconds) {
  const { port } = new URL(url);
  const script = join(bench, 'load', 'websocket.mjs');
  const command = [process.execPath, script, port, path, String(CONNECTIONS), String(seconds)];
  const result = JSON.parse(await text('taskset', ['-c', String(CORES.load), ...command]));
  if (result.errors + result.refused > 0) {
    throw new Error(
      `${name}: ${result.refused} handshakes were refused, ${result.errors} connections failed.`,
    );
  }
  return result;
}

/** As {@link saturate}, with requests on many streams of fewer connections (h2load). */
async function overHttp2({ name, url }, { path }, seconds) {
  const h2load = [
    'h2load',
    '-t1',
    `-c${HTTP2_CONNECTIONS}`,
    `-m${HTTP2_STREAMS}`,
    `-D${seconds}`,
    '--npn-list=h2',
    url + path,
  ];
  const result = readH2load(await text('taskset', ['-c', String(CORES.load), ...h2load]));
  if (result.protocol !== 'h2') throw new Error(`${name} speaks ${result.protocol} with h2load, not h2.`);
  if (result.errors + result.refused > 0) {
    throw new Error(`${name}: ${result.refused} answers were no 2xx, ${result.errors} requests failed.`);
  }
  return { ...result, microseconds: seconds * 1e6 };
}

/**
 * Loads a gateway at a steady rate and gives its latencies in milliseconds and its CPU microseconds per request (wrk,
 * with random pauses).
 *
 * The clients come one by one, as strangers do. Clients that all fire on the same tick would measure how long the last of
 * them stands in line.
 */
export async function steady(gateway, { path, tokens, count = 0 }, requestsPerSecond, seconds) {
  const { url } = gateway;
  const from = tokens === undefined ? [] : [tokens, '0', String(count)];
  // A connection's turn is its pause and the answer's time; a loopback answer takes about a millisecond.
  const pauseMs = Math.max(1, (CONNECTIONS * 1000) / requestsPerSecond - 1);
  const load = join(bench, 'load');
  const wrk = [
    'wrk',
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '-s',
    join(load, 'paced.lua'),
    url,
    '--',
    path,
  ];
  const cpuBefore = cpuMicros(gateway.pid);
  const output = await text('taskset', ['-c', String(CORES.load), ...wrk, ...from], {
    PACE_MS: String(pauseMs),
    LOAD_SCRIPTS: load,
  });
  const cpu = cpuMicros(gateway.pid) - cpuBefore;
  const result = JSON.parse(output.trim().split('\n').at(-1));
  if (result.errors + result.refused > 0) {
    throw new Error(
      `${gateway.name}: ${result.refused} answers were no 2xx, ${result.errors} connections failed.`,
    );
  }
  return {
    cpu: cpu / result.requests,
    p50: result.p50 / 1000,
    p99: result.p99 / 1000,
    achieved: result.requests / (result.microseconds / 1e6),
  };
}

function text(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`${args[2]} ended with ${code}: ${err}${out}`)),
    );
  });
}
