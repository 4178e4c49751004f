import { spawn, spawnSync } from 'node:child_process';
import { root } from './project.mjs';

const HEALTH = 'http://127.0.0.1:8080/health';
const START_MS = 180_000;
const END_MS = 30_000;
const POLL_MS = 200;
/** A printed line to paste: `curl … # → 200`; the comment says the status, where one is promised. */
const PASTED = /^\s*(curl\s.*?)(?:\s+#.*?→\s*(\d{3})\b.*)?$/;

/**
 * Boots `npm run demo` on its own port and asks it what the README asks:
 *
 * 1. `/health` answers `{"status":"up"}`;
 * 2. every printed curl line, pasted into a shell, works and answers the status it promises;
 * 3. SIGTERM ends it with exit code 0.
 *
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function askDemo() {
  const count = { passed: 0, failed: 0 };
  const tell = (promise, kept, found) => {
    count[kept ? 'passed' : 'failed'] += 1;
    console.log(`${kept ? '  ok  ' : ' FAIL '} ${promise}${kept ? '' : `: ${found}`}`);
  };
  const demo = startDemo();

  const health = await answerOf(HEALTH, demo);
  tell('/health answers up', health === '{"status":"up"}', health);

  const lines = demo
    .output()
    .split('\n')
    .map((line) => PASTED.exec(line))
    .filter((match) => match !== null);
  tell('the demo prints curl lines to paste', lines.length > 0, 'there is none');
  for (const [, line, promised] of lines) {
    const { status, error } = paste(line);
    const kept = error === undefined && (promised === undefined || status === promised);
    tell(`${line} → ${promised ?? 'an answer'}`, kept, error ?? status);
  }

  demo.child.kill('SIGTERM');
  const end = await demo.ended(END_MS);
  tell('SIGTERM ends it with exit code 0', end === 0, end);
  if (count.failed > 0) console.log(`\nWhat the demo printed:\n${demo.output()}`);
  return count;
}

function startDemo() {
  const child = spawn('npm', ['run', '--silent', 'demo'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  let code;
  const exit = new Promise((resolve) => {
    child.on('exit', (exitCode, signal) => {
      code = exitCode ?? signal;
      resolve(code);
    });
  });
  return {
    child,
    output: () => output,
    hasEnded: () => code !== undefined,
    async ended(withinMs) {
      let timer;
      const late = new Promise((resolve) => {
        timer = setTimeout(() => {
          child.kill('SIGKILL');
          resolve(`still running after ${withinMs} ms`);
        }, withinMs);
      });
      const result = await Promise.race([exit, late]);
      clearTimeout(timer);
      return result;
    },
  };
}

/** The body of the first 200, or why there was none. */
async function answerOf(url, demo) {
  const lastAt = performance.now() + START_MS;
  let found = 'nothing';
  while (performance.now() < lastAt && !demo.hasEnded()) {
    try {
      const response = await fetch(url);
      found = await response.text();
      if (response.status === 200) return found;
    } catch (error) {
      found = String(error.cause ?? error);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return found;
}

/** Runs the line in a shell as it stands, only asking curl to name the status too. */
function paste(line) {
  const shell = spawnSync(
    'sh',
    ['-c', line.replace(/^curl/, "curl --silent --show-error --max-time 20 --write-out '\\n%{http_code}'")],
    {
      encoding: 'utf8',
    },
  );
  const error = shell.status === 0 ? undefined : `exit ${shell.status} ${shell.stderr.trim()}`;
  return { status: shell.stdout.trimEnd().split('\n').at(-1), error };
}
