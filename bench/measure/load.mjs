import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bench, CONNECTIONS, CORES, work } from '../layout.mjs';

/**
 * Loads a gateway as far as it goes, from the other core (wrk).
 *
 * @param {{ port: number }} gateway
 * @param {{ path: string, tokens?: string, first?: number, count?: number }} traffic
 */
export async function saturate(gateway, traffic, seconds) {
  const { path, tokens, first = 0, count = 0 } = traffic;
  const script = join(bench, 'load', 'requests.lua');
  const url = `http://127.0.0.1:${gateway.port}`;
  const from = tokens === undefined ? [] : [tokens, String(first), String(count)];
  const wrk = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url, '--', path, ...from];
  const output = await text('taskset', ['-c', String(CORES.load), ...wrk]);
  const result = JSON.parse(output.trim().split('\n').at(-1));
  if (result.errors + result.refused > 0) {
    throw new Error(
      `${gateway.name}: ${result.refused} answers were no 2xx, ${result.errors} connections failed.`,
    );
  }
  return result;
}

/**
 * Loads a gateway at a constant rate and gives its latencies in milliseconds (h2load).
 *
 * A request is sent when it is due and its connection is free, so a stall shows in fewer requests than it would
 * with as many clients as requests.
 */
export async function steady(gateway, traffic, requestsPerSecond, seconds) {
  const log = join(work, 'latencies.tsv');
  rmSync(log, { force: true });
  const clients = 32;
  const rate = Math.max(1, Math.round(requestsPerSecond / clients));
  const h2load = [
    'h2load',
    '--h1',
    '-t1',
    `-c${clients}`,
    `-D${seconds}`,
    `--rps=${rate}`,
    `--log-file=${log}`,
  ];
  const header = traffic.token === undefined ? [] : ['-H', `authorization: Bearer ${traffic.token}`];
  const url = `http://127.0.0.1:${gateway.port}${traffic.path}`;
  await text('taskset', ['-c', String(CORES.load), ...h2load, ...header, url]);
  const rows = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const failed = rows.filter(([, status]) => status !== '200').length;
  if (failed > 0) throw new Error(`${gateway.name}: ${failed} of ${rows.length} answers were not 200.`);
  const sorted = rows.map(([, , micros]) => Number(micros) / 1000).sort((a, b) => a - b);
  const percentile = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return {
    p50: percentile(0.5),
    p99: percentile(0.99),
    rate: rate * clients,
    achieved: rows.length / seconds,
  };
}

function text(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
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
