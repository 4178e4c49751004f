import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { bench, CONNECTIONS, CORES, HTTP2_CONNECTIONS, HTTP2_STREAMS } from './layout.mjs';
import { median } from './measure/contest.mjs';

/** Below this share of its core a gateway was not what limited the requests: its rate says little. */
const SATURATED_SHARE = 0.9;

const NOT_ALIKE = `- Portcullis runs with what it ships: in the bare row too it writes an access line, mints a correlation id and
  checks framing and path, where all others write no log and mint nothing.
- nginx reads with buffers as large as ours and keeps large bodies off the disk; with its defaults it is slower there.
- Portcullis remembers verified tokens (10,000 of them) until they expire. HAProxy and passport-jwt verify the signature
  each time: with one token Portcullis saves that work, with a new token each request it does it too.
- HAProxy's limit is a sliding rate over a minute, Portcullis's and the hand-made gateway's a fixed window.
- Only Portcullis times out, retries and breaks circuits per upstream here; nginx and HAProxy do passive parts of it.
- The hand-made Nest gateway counts with a plain map instead of @nestjs/throttler's own storage, which would be far slower at
  these rates.
- The TLS and HTTP/2 rows keep their connections: they measure records, not handshakes. Both have the same P-256 certificate and
  begin with AES-128-GCM.
- In the HTTP/2 rows both allow 100 streams on a connection and send frames of up to 16 KiB.
- New tokens belong to 10,000 subjects; each row's limit is set so high that it never refuses.
- nginx and HAProxy count in their own memory, each machine for itself. In the rows with Redis Portcullis asks Redis about every
  request (by leases: about one in many) and waits for the answer, so that all instances count together. That Redis keeps nothing
  on disk and runs on core ${CORES.redis}; what it spends itself is in nobody's CPU.
- In the rows about limits by address all requests come from one address, so everybody counts under one key. nginx's limit is a
  leaky bucket, HAProxy's a sliding rate, Portcullis's a fixed window; only Portcullis tells the client in five header fields
  where it stands.
- fast-gateway is 3.4.7: a dependency of 5.0.1 could not be installed from the registry when this was written.
- Memory is resident memory after the load, of the process and its children; pages they share count in each.`;

/** What a run was made on. */
export function describeMachine(versions) {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    cpu: `${cpus().length} × ${cpu.model}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1],
    node: process.version,
    commit: commit(),
    versions,
  };
}

/** Writes results.md and results.json. */
export function writeReport(results, { name = 'results', quick }) {
  writeFileSync(join(bench, `${name}.json`), `${JSON.stringify(results, undefined, 1)}\n`);
  writeFileSync(join(bench, `${name}.md`), render(results, quick));
}

function render({ machine, settings, rows }, quick) {
  const versions = Object.entries(machine.versions).map(([label, version]) => `${label} (${version})`);
  const shared =
    CORES.upstream === CORES.load ? 'the load generator and the upstream share' : 'the load generator has';
  return `# Portcullis beside other gateways

${quick ? '**A quick run: it shows that everything works, not how fast it is.**\n\n' : ''}${machine.date.slice(0, 10)}, ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Linux ${machine.kernel}, Node ${machine.node}, commit ${machine.commit}.
${versions.join(', ')}.

Each gateway alone on core ${CORES.gateway}; ${shared} core ${CORES.load}. ${CONNECTIONS} keep-alive connections, with HTTP/2
${HTTP2_CONNECTIONS} with ${HTTP2_STREAMS} streams each, GET, 114 bytes of JSON from an nginx upstream. Adjacent pairs of ${settings.seconds} s after ${settings.warmSeconds} s of warming, ${settings.rounds} rounds, medians; a round in which the
other gateway moved by more than 10% is dropped. CPU is user and system time of the gateway's processes divided by the requests
wrk or h2load counted. Latency and steady CPU: each alone at one
steady rate, half of what the row's slowest can do, by clients that come one by one; there nobody's requests come in batches and
everybody wakes sleeping peers, so everybody's request costs more. ¹ The gateway
left part of its core idle: the load side was the limit, so read its CPU, not its rate. Made by \`npm run bench\`.

${rows.map(renderRow).join('\n')}
## What is not alike

${NOT_ALIKE}
`;
}

function renderRow({ title, subject, contests, latency, failures }) {
  if (contests.length === 0) return `## ${title}\n\nNot measured: ${failures.join(' ')}\n`;
  const ours = contests.map((contest) => contest.gateway);
  const average = (key) => median(ours.map((each) => each[key]));
  const numbers = Object.fromEntries(['cpu', 'rate', 'busy', 'memoryMb'].map((key) => [key, average(key)]));
  const lines = [
    line({ ...numbers, name: subject.name, label: `**${subject.label}**`, ratio: '1' }, latency),
    ...contests.map(({ reference, cpuRatio, dropped, rounds }) =>
      line(
        {
          ...reference,
          ratio: `${cpuRatio.toFixed(2)}${dropped > 0 ? ` (${dropped} of ${rounds} rounds dropped)` : ''}`,
        },
        latency,
      ),
    ),
  ];
  return `## ${title}

| gateway | CPU µs / request | ${subject.label} ÷ it | requests / s | core busy | p50 ms | p99 ms | CPU µs, steady | memory MB |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
${lines.join('\n')}
${latency.rate === undefined ? '' : `\nLatency and steady CPU at ${latency.rate} requests a second.\n`}${failures.map((failure) => `\nNot measured: ${failure}\n`).join('')}`;
}

function line({ name, label, cpu, ratio, rate, busy, memoryMb }, latency) {
  const at = latency.of[name];
  const limited = busy < SATURATED_SHARE ? ' ¹' : '';
  return `| ${label} | ${cpu.toFixed(1)} | ${ratio} | ${Math.round(rate)}${limited} | ${Math.round(busy * 100)}% | ${at?.p50.toFixed(2) ?? '–'} | ${at?.p99.toFixed(2) ?? '–'} | ${at?.cpu.toFixed(1) ?? '–'} | ${Math.round(memoryMb)} |`;
}

function commit() {
  try {
    const git = { cwd: bench, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const dirty = execFileSync('git', ['status', '--porcelain', '--', '../src'], git).trim() !== '';
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], git).trim() + (dirty ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}
