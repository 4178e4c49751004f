import { execFileSync, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { root } from '../scripts/project.mjs';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.mjs';
import {
  API_KEY,
  AUDIENCE,
  bench,
  CORES,
  ECHO_PORT,
  ISSUER,
  MEGABYTE,
  REDIS_PORT,
  UPSTREAM_PORT,
  work,
} from './layout.mjs';
import { PUBLIC_KEY } from './tokens.mjs';

/** Debian keeps servers in sbin, which is not on every user's PATH. */
const PROGRAMS = `${process.env.PATH}:/usr/sbin`;
const END_MS = 5_000;
const START_MS = 20_000;

const identity = { JWT_PUBLIC_KEY_FILE: PUBLIC_KEY, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };
const node = (file, env = {}) => ({ command: [process.execPath, join(bench, file)], env });
const portcullis = (port, adminPort, securePort, more = {}) => ({
  port,
  adminPort,
  securePort,
  // The TLS port is there only where it is measured: the other rows have the shipped defaults.
  secureEnv: { HTTPS_PORT: String(securePort), TLS_CERT_FILE: CERTIFICATE, TLS_KEY_FILE: PRIVATE_KEY },
  ...node('dist/portcullis/main.js', {
    ...identity,
    API_KEYS: `bench:sha256:${hash('sha256', API_KEY)}`,
    HOST: '127.0.0.1',
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    NODE_ENV: 'production',
    ...more,
  }),
});

/** Who is measured: how each is started, where it listens, and how its version is asked. */
const GATEWAYS = {
  portcullis: { label: 'Portcullis', ...portcullis(7401, 7411, 7421), version: () => manifest('..') },
  'portcullis-again': {
    label: 'Portcullis again (A/A)',
    ...portcullis(7402, 7412, 7422),
    version: () => manifest('..'),
  },
  /** Asked at a path of its own, where nobody is asked who he is. */
  'portcullis-open': {
    label: 'Portcullis, the same policies without identity',
    ...portcullis(7410, 7418, 7428),
    openPath: '/open/users/42',
    version: () => manifest('..'),
  },
  /** Asked at a path that each row names, where the same stands without its limit. */
  'portcullis-unlimited': {
    label: 'Portcullis, the same without the limit',
    ...portcullis(7430, 7431, 7432),
    unlimited: true,
    version: () => manifest('..'),
  },
  /** A process counts all its limits in one place: this one in Redis, the others in their memory. */
  'portcullis-redis': {
    label: 'Portcullis, limits counted in Redis',
    ...portcullis(7433, 7434, 7435, { REDIS_URL: `redis://127.0.0.1:${REDIS_PORT}` }),
    countsInRedis: true,
    version: () => manifest('..'),
  },
  /** Nothing but a declarative file. */
  'portcullis-kong': {
    label: 'Portcullis, routes of a kong.yml',
    ...portcullis(7437, 7438, 7439),
    command: [process.execPath, join(root, 'dist', 'cli.js'), 'start', join(bench, 'portcullis', 'kong.yml')],
    version: () => manifest('..'),
  },
  nginx: {
    label: 'nginx',
    port: 7403,
    securePort: 7423,
    command: ['nginx', '-p', work, '-c', join(bench, 'peers/nginx.conf')],
    version: () => printed('nginx', '-v'),
  },
  'haproxy-bare': {
    label: 'HAProxy',
    port: 7404,
    command: ['haproxy', '-db', '-C', work, '-f', join(bench, 'peers/haproxy-bare.cfg')],
    version: () => printed('haproxy', '-v'),
  },
  'haproxy-full': {
    label: 'HAProxy',
    port: 7405,
    command: ['haproxy', '-db', '-C', work, '-f', join(bench, 'peers/haproxy-full.cfg')],
    version: () => printed('haproxy', '-v'),
  },
  'haproxy-limit': {
    label: 'HAProxy',
    port: 7436,
    command: ['haproxy', '-db', '-C', work, '-f', join(bench, 'peers/haproxy-limit.cfg')],
    version: () => printed('haproxy', '-v'),
  },
  caddy: {
    label: 'Caddy',
    port: 7406,
    command: ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(bench, 'peers/Caddyfile')],
    // One core: without this Go would start a thread for every core of the machine.
    env: { GOMAXPROCS: '1', XDG_DATA_HOME: work, XDG_CONFIG_HOME: work },
    version: () => printed('caddy', 'version'),
  },
  'fast-gateway': {
    label: 'fast-gateway',
    port: 7407,
    ...node('peers/fast-gateway.mjs', { NODE_ENV: 'production' }),
    version: () => manifest('node_modules/fast-gateway'),
  },
  'fastify-http-proxy': {
    label: '@fastify/http-proxy',
    port: 7408,
    ...node('peers/fastify-http-proxy.mjs', { NODE_ENV: 'production' }),
    version: () => manifest('node_modules/@fastify/http-proxy'),
  },
  'nest-express-hpm': {
    label: 'Nest + Express + http-proxy-middleware',
    port: 7409,
    ...node('dist/peers/nest-express-hpm/main.js', { ...identity, NODE_ENV: 'production' }),
    version: () =>
      ['@nestjs/core', 'http-proxy-middleware'].map((name) => manifest(`../node_modules/${name}`)).join(', '),
  },
};

const UPSTREAM = {
  label: 'upstream',
  port: UPSTREAM_PORT,
  command: ['nginx', '-p', work, '-c', join(bench, 'upstream/nginx.conf')],
  core: CORES.upstream,
};

const ECHO = {
  label: 'echo upstream',
  port: ECHO_PORT,
  ...node('upstream/echo.mjs', { PORT: String(ECHO_PORT) }),
  core: CORES.upstream,
};

/** Keeps nothing on disk. */
const REDIS = {
  label: 'Redis',
  port: REDIS_PORT,
  command: [
    'redis-server',
    '--bind',
    '127.0.0.1',
    '--port',
    String(REDIS_PORT),
    '--save',
    '',
    '--appendonly',
    'no',
  ],
  core: CORES.redis,
  // It hangs up on HTTP.
  isReady: accepts,
};

export const isGateway = (name) => Object.hasOwn(GATEWAYS, name);
export const labelOf = (name) => GATEWAYS[name].label;
export const versionOf = (name) => GATEWAYS[name].version();

/** Whether the program is here; a peer that is not installed is left out and named. */
export function isInstalled(name) {
  const [program] = GATEWAYS[name].command;
  return program.startsWith('/') || isProgram(program);
}

export const isRedisInstalled = () => isProgram('redis-server');
export const versionOfRedis = () => printed('redis-server', '--version');

export function startUpstream() {
  writeFileSync(join(work, 'megabyte'), Buffer.alloc(MEGABYTE, 'portcullis '));
  return start('upstream', UPSTREAM);
}
export const startEcho = () => start('echo', ECHO);
export const startRedis = () => start('redis', REDIS);
export const startGateway = (name, secure = false) => start(name, GATEWAYS[name], secure);

async function start(name, gatewayOf, secure = false) {
  const { label, port, adminPort, securePort, command, openPath, unlimited, countsInRedis } = gatewayOf;
  const { env = {}, secureEnv = {}, core = CORES.gateway, isReady = answers } = gatewayOf;
  mkdirSync(join(work, 'tmp'), { recursive: true });
  const logFile = join(work, `${name}.log`);
  const log = openSync(logFile, 'w');
  // Everybody's access log is a file: standard output to it, as a container runtime would set it up.
  const appending = openSync(logFile, 'a');
  const child = spawn('taskset', ['-c', String(core), ...command], {
    cwd: work,
    env: { PATH: PROGRAMS, ...env, ...(secure ? secureEnv : {}) },
    stdio: ['ignore', appending, appending],
  });
  closeSync(log);
  closeSync(appending);
  let ended = false;
  const end = new Promise((resolve) => {
    child.on('exit', () => {
      ended = true;
      resolve();
    });
  });
  const gateway = {
    name,
    label,
    openPath,
    unlimited,
    countsInRedis,
    url: secure ? `https://127.0.0.1:${securePort}` : `http://127.0.0.1:${port}`,
    /** Where Portcullis, and nobody else here, tells of itself. */
    adminUrl: adminPort === undefined ? undefined : `http://127.0.0.1:${adminPort}`,
    pid: child.pid,
    /** Its log of the last load; a long run would fill the disk. */
    emptyLog: () => truncateSync(logFile),
    logText: () => readFileSync(logFile, 'utf8'),
    async stop() {
      if (ended) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await end;
      clearTimeout(timer);
    },
  };
  const lastAt = performance.now() + START_MS;
  while (!(await isReady(port))) {
    if (ended || performance.now() > lastAt) {
      await gateway.stop();
      throw new Error(`${label} did not start:\n${gateway.logText()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return gateway;
}

async function answers(port) {
  try {
    await fetch(`http://127.0.0.1:${port}/`);
    return true;
  } catch {
    return false;
  }
}

async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function manifest(folder) {
  const { name, version } = JSON.parse(readFileSync(join(bench, folder, 'package.json'), 'utf8'));
  return `${name} ${version}`;
}

function isProgram(name) {
  return printedOrNothing('sh', '-c', `command -v ${name}`) !== undefined;
}

function printed(...command) {
  const output = printedOrNothing(...command) ?? 'not installed';
  return /\d+\.\d+[.\w-]*/.exec(output)?.[0] ?? output;
}

function printedOrNothing(command, ...args) {
  try {
    // nginx prints its version on standard error.
    return execFileSync('sh', ['-c', '"$0" "$@" 2>&1', command, ...args], {
      encoding: 'utf8',
      env: { ...process.env, PATH: PROGRAMS },
    }).trim();
  } catch {
    return undefined;
  }
}
