import { GatewayError } from '../../contracts/gateway-error.js';

/**
 * An upstream's answer to a joined call was not a 2xx. Catch it to go on without that part:
 *
 * ```ts
 * const orders = await this.orders.get<Order[]>('/orders').catch((error) => {
 *   if (error instanceof UpstreamStatusError && error.upstreamStatus === 404) return [];
 *   throw error;
 * });
 * ```
 *
 * Left alone it answers the client with 502; nothing the upstream said is passed on.
 */
export class UpstreamStatusError extends GatewayError {
  override readonly name = 'UpstreamStatusError';

  constructor(
    upstream: string,
    /** What the upstream answered; `status` is what the client would get. */
    readonly upstreamStatus: number,
    /** Its body when that is JSON of at most 64 KiB, else `undefined`. */
    readonly body: unknown,
  ) {
    super('upstream-status', {
      upstream,
      detail: `${upstream} answered ${upstreamStatus} to a request of the gateway.`,
    });
  }
}
