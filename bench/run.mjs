import { mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../scripts/child.mjs';
import { bin, root } from '../scripts/project.mjs';
import { makeCertificate } from './certificate.mjs';
import {
  isGateway,
  isInstalled,
  isRedisInstalled,
  labelOf,
  startEcho,
  startGateway,
  startRedis,
  startUpstream,
  versionOf,
  versionOfRedis,
} from './gateways.mjs';
import { bench, work } from './layout.mjs';
import { contest } from './measure/contest.mjs';
import { saturate, steady } from './measure/load.mjs';
import { describeMachine, writeReport } from './report.mjs';
import { prepareTraffic, ROWS, verify, verifyCounting } from './rows.mjs';
import { ensureKeys } from './tokens.mjs';

const USAGE = `npm run bench -- [--quick] [--rows ${Object.keys(ROWS).join(',')}] [--peers NAME,…] [--subject NAME]
  --quick    one short round each: does everything work?
  --rows     only these rows
  --peers    only these of each row's gateways
  --subject  who is compared with the others; default portcullis, or the row's own`;

const LENGTHS = {
  full: { rounds: 5, seconds: 5, warmSeconds: 6, latencySeconds: 8 },
  quick: { rounds: 1, seconds: 1, warmSeconds: 1, latencySeconds: 1 },
  /** Tokens that are used once must be signed first: fewer and shorter rounds. */
  newTokens: { rounds: 3, seconds: 3, warmSeconds: 2, latencySeconds: 0 },
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rows: { type: 'string', default: Object.keys(ROWS).join(',') },
    peers: { type: 'string' },
    subject: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const rowNames = options.rows.split(',');
const only = options.peers?.split(',');
const unknown = [
  ...rowNames.filter((name) => !(name in ROWS)),
  ...(only ?? []).filter((name) => !isGateway(name)),
];
if (options.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `Unknown: ${unknown.join(', ')}\n${USAGE}` : USAGE);
  process.exit(unknown.length > 0 ? 64 : 0);
}

const lengths = options.quick ? LENGTHS.quick : LENGTHS.full;
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopAll();
    process.exit(130);
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await stopAll();
}

async function main() {
  mkdirSync(work, { recursive: true });
  ensureKeys();
  makeCertificate();
  await build();
  await keep(startUpstream());
  await keep(startEcho());
  const rows = [];
  for (const name of rowNames) rows.push(await measureRow(name));
  const measured = rows.flatMap(({ subject, contests }) => [
    subject.name,
    ...contests.map(({ reference }) => reference.name),
  ]);
  const versions = Object.fromEntries(
    [...new Set(measured)]
      .filter((name) => name !== 'portcullis-again')
      .map((name) => [labelOf(name), versionOf(name)]),
  );
  if (rows.some(({ name }) => ROWS[name].redis)) versions.Redis = versionOfRedis();
  const results = { machine: describeMachine(versions), settings: lengths, rows };
  // A part of the table, or a quick look, must not replace the table.
  const whole =
    !options.quick && only === undefined && Object.keys(ROWS).every((row) => rowNames.includes(row));
  const name = whole ? 'results' : '.work/partial-results';
  writeReport(results, { name, quick: options.quick });
  console.log(`\nWritten to bench/${name}.md.`);
  return rows.some((row) => row.failures.length > 0) ? 1 : 0;
}

/** Compiles the Nest applications, ours and the hand-made one; `portcullis` is this repository, as if installed. */
async function build() {
  const link = join(bench, 'node_modules', 'portcullis');
  // A copied node_modules links to the repository it was copied from, which is not what is to be measured.
  if (realpath(link) !== realpathSync(root)) {
    rmSync(link, { force: true });
    symlinkSync(root, link, 'dir');
  }
  const code = await run(join(bin, 'tsc'), ['-p', join(bench, 'tsconfig.json')]);
  if (code !== 0) throw new Error('The applications under bench/ do not compile.');
}

function realpath(link) {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}

async function measureRow(name) {
  const row = ROWS[name];
  const subjectName = options.subject ?? row.subject ?? 'portcullis';
  const given = row.tokens?.newEachRequest && !options.quick ? LENGTHS.newTokens : lengths;
  console.log(`\n${row.title}`);
  const peers = row.peers.filter((peer) => only === undefined || only.includes(peer));
  const { trafficFor, token } = await prepareTraffic(row, {
    ...given,
    // The subject meets every peer.
    rounds: given.rounds * Math.max(1, peers.length),
    warmSeconds: given.warmSeconds * Math.max(1, peers.length),
  });
  const failures = [];
  const contests = [];
  if (row.redis && !isRedisInstalled()) {
    const subject = { name: subjectName, label: labelOf(subjectName) };
    return {
      name,
      title: row.title,
      subject,
      contests,
      latency: { of: {} },
      failures: ['Redis is not installed.'],
    };
  }
  const redis = row.redis ? await keep(startRedis()) : undefined;
  const subject = await keep(startGateway(subjectName, row.secure));
  await verify(subject, row, token);
  for (const peerName of peers) {
    if (!isInstalled(peerName)) {
      failures.push(`${labelOf(peerName)} is not installed.`);
      continue;
    }
    let peer;
    try {
      peer = await keep(startGateway(peerName, row.secure));
      await verify(peer, row, token);
      const result = await contest(subject, peer, trafficFor, given);
      await verifyCounting(subject);
      contests.push({ ...result, reference: { ...result.reference, label: peer.label } });
      const { gateway, reference } = result;
      console.log(
        `  ${peer.label}: ${reference.cpu.toFixed(1)} µs, ${Math.round(reference.rate)}/s; ${subject.label} ${gateway.cpu.toFixed(1)} µs, ratio ${result.cpuRatio.toFixed(2)} (${result.dropped} of ${result.rounds} dropped)`,
      );
    } catch (error) {
      failures.push(error.message);
      console.log(`  ${labelOf(peerName)}: ${error.message}`);
    }
    if (peer !== undefined) await release(peer);
    subject.emptyLog();
  }
  await release(subject);
  const latency = row.latency
    ? await measureLatency(subjectName, contests, trafficFor, { ...given, secure: row.secure, failures })
    : { of: {} };
  if (redis !== undefined) await release(redis);
  return {
    name,
    title: row.title,
    subject: { name: subject.name, label: subject.label },
    contests,
    latency,
    failures,
  };
}

/** Each alone, fresh and warmed, at half of what the row's slowest can do. */
async function measureLatency(subjectName, contests, trafficFor, settings) {
  const { warmSeconds, latencySeconds, secure, failures } = settings;
  const rates = contests.flatMap(({ gateway, reference }) => [gateway.rate, reference.rate]);
  if (rates.length === 0) return { of: {} };
  const rate = Math.min(...rates) / 2;
  const of = {};
  for (const name of [subjectName, ...contests.map(({ reference }) => reference.name)]) {
    const gateway = await keep(startGateway(name, secure));
    try {
      await saturate(gateway, trafficFor(gateway, warmSeconds), warmSeconds);
      const measured = await steady(gateway, trafficFor(gateway, latencySeconds), rate, latencySeconds);
      await verifyCounting(gateway);
      of[name] = measured;
    } catch (error) {
      failures.push(error.message);
      console.log(`  ${gateway.label}: ${error.message}`);
    }
    await release(gateway);
  }
  return { of, rate: Math.round(rate) };
}

async function keep(starting) {
  const gateway = await starting;
  running.add(gateway);
  return gateway;
}

async function release(gateway) {
  running.delete(gateway);
  await gateway.stop();
}

async function stopAll() {
  await Promise.all([...running].map((gateway) => release(gateway)));
}
