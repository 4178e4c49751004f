import { connect } from 'node:net';

const PROBE_MS = 1_000;

/** Whether a target accepts connections right now. Never throws; a silent target is down after a second. */
export function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (up: boolean) => (): void => {
      socket.destroy();
      resolve(up);
    };
    socket.setTimeout(PROBE_MS, settle(false));
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}
