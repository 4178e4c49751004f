import type { Type } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import {
  type Answer,
  type Ask,
  ask,
  type RunningGateway,
  type StartOptions,
  startGateway,
} from './gateway.harness.js';
import { RecordingUpstream, type Respond } from './recording.upstream.js';
import { bearer } from './tokens.js';

/** A gateway and its upstream for all promises of one `describe`. */
export interface GatewayFixture {
  readonly running: RunningGateway;
  readonly upstream: RecordingUpstream;
  /** Asks for a path of the gateway, with a token unless the request brings its own `Authorization`. */
  ask(path: string, request?: Ask): Promise<Answer>;
}

const ANSWER_OK: Respond = (_req, res) => {
  res.setHeader('Content-Type', 'application/json');
  res.end('{"ok":true}');
};

/**
 * Starts one gateway of a module before the promises of a `describe` and stops it after them.
 * Its upstream's address is in `UPSTREAM_URL`; before each promise the upstream forgets and answers `{"ok":true}`.
 */
export function gatewayOf(module: Type | object, options: StartOptions): GatewayFixture {
  let running: RunningGateway;
  let upstream: RecordingUpstream;

  beforeAll(async () => {
    upstream = await RecordingUpstream.start();
    running = await startGateway(module, {
      ...options,
      environment: { UPSTREAM_URL: upstream.url, ...options.environment },
    });
  });

  beforeEach(() => {
    upstream.received.length = 0;
    upstream.respond = ANSWER_OK;
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  return {
    get running() {
      return running;
    },
    get upstream() {
      return upstream;
    },
    ask: (path, request = {}) =>
      ask(running.url + path, { ...request, headers: { ...bearer(), ...request.headers } }),
  };
}
