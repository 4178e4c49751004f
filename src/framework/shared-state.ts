import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { GatewaySettings } from '../config/gateway-settings.js';
import type { SharedState } from '../contracts/shared-state.js';
import { describeCause } from '../observability/describe-cause.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import { RedisConnection } from '../redis/redis.connection.js';
import { RedisSharedState } from '../redis/redis.shared-state.js';

/** Holds the connection to Redis for as long as the application runs; without `REDIS_URL` there is none. */
export class SharedStateHolder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly state: SharedState | undefined;
  readonly #connection: RedisConnection | undefined;

  constructor({ redis }: GatewaySettings, events: EventLog) {
    if (redis === undefined) return;
    this.#connection = new RedisConnection({
      url: redis.url.reveal(),
      connected: () => events.info(EVENTS.redisConnected),
      lost: (cause) => events.error(EVENTS.redisLost, { cause: describeCause(cause, false) }),
    });
    this.state = new RedisSharedState(this.#connection);
  }

  /** Whether Redis is connected; `undefined` where none is used. */
  get connected(): boolean | undefined {
    return this.#connection?.connected;
  }

  /** The first try is waited for, so that a gateway that can reach Redis takes no request before it has. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#connection?.connect();
  }

  onApplicationShutdown(): void {
    this.#connection?.close();
  }
}
