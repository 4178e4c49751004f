import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Edge } from '../edge/edge.js';
import type { Http2Front } from '../edge/http2/http2.front.js';
import type { TlsListener } from '../edge/tls/tls.listener.js';
import { CLOSE_GRACE_MS } from '../edge/upgrade/tunnel.js';

export interface DrainTimes {
  /** Still accepting for this long, while readiness is red: balancers need a moment to notice. */
  readonly delayMs: number;
  /** Everything together. */
  readonly totalMs: number;
}

/** What holds requests. */
export interface Drained {
  readonly edge: Edge;
  readonly http2: Http2Front | undefined;
  readonly tls: Pick<TlsListener, 'close'> | undefined;
}

const IDLE_CHECK_MS = 50;
/** For cut connections to close: a turn of the event loop, on a machine that is short of time. */
const CUT_MS = 1_000;

/**
 * Takes a server out of service without cutting a request.
 *
 * 1. readiness turns red, replies carry `Connection: close` 2. the delay
 * 3. listeners close, HTTP/2 clients are asked for no new streams, WebSockets end one after the other
 * 4. requests in flight finish, idle connections are closed as they appear  5. what is left at the end is cut
 */
export async function drainServer(
  server: Server,
  { edge, http2, tls }: Drained,
  times: DrainTimes,
): Promise<void> {
  const deadline = performance.now() + times.totalMs;
  // 1
  edge.draining = true;
  // 2
  await sleep(Math.min(times.delayMs, times.totalMs));
  // 3
  edge.tunnels.leave(deadline - performance.now() - CLOSE_GRACE_MS);
  const closed = Promise.all([new Promise<void>((resolve) => server.close(() => resolve())), tls?.close()]);
  // 4. Those that came by TLS are among the server's own. A connection turns idle only after its answer was read, so one look is not enough.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  server.closeIdleConnections();
  http2?.close();
  const timeout = new AbortController();
  const late = sleep(Math.max(0, deadline - performance.now()), undefined, { signal: timeout.signal }).catch(
    () => {},
  );
  await Promise.race([closed, late]);
  timeout.abort();
  clearInterval(idle);
  // 5. Their exchanges hear of it when the sockets have closed, and each leaves its line in the log.
  server.closeAllConnections();
  edge.tunnels.cut();
  http2?.destroy();
  await Promise.race([edge.idle(), sleep(CUT_MS, undefined, { ref: false })]);
}
