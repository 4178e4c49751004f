import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This folder. */
export const bench = dirname(fileURLToPath(import.meta.url));

/** Keys, tokens, logs and pid files of a run; never committed. */
export const work = join(bench, '.work');

export const UPSTREAM_PORT = 7400;

/** Counts the limits of the rows that share them. */
export const REDIS_PORT = 7460;

/** Answers WebSocket messages. */
export const ECHO_PORT = 7420;

/** Bytes of the large body. */
export const MEGABYTE = 1_048_576;

/** Which core does what. With two cores the upstream shares the load generator's. */
export const CORES = Object.freeze({
  gateway: 0,
  load: 1,
  upstream: availableParallelism() > 2 ? 2 : 1,
  redis: Math.min(3, availableParallelism() - 1),
});

export const CONNECTIONS = 64;

/** HTTP/2 needs fewer connections: as many requests wait at one time as on a hundred and sixty of HTTP/1.1. */
export const HTTP2_CONNECTIONS = 16;
/** Streams open at one time on each of them. */
export const HTTP2_STREAMS = 10;

/** What every token says and every gateway checks. */
export const ISSUER = 'https://issuer.bench.test';
/** The one API key of the gateways that know it. */
export const API_KEY = 'bench-key-0123456789abcdef0123456789abcdef';

export const AUDIENCE = 'portcullis-bench';
