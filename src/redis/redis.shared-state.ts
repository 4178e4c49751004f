import type { SharedState } from '../contracts/shared-state.js';
import type { RedisConnection } from './redis.connection.js';

/** The state that instances share, in Redis. */
export class RedisSharedState implements SharedState {
  constructor(private readonly connection: RedisConnection) {}

  async get(key: string): Promise<string | undefined> {
    return (await this.connection.run((client) => client.get(key))) ?? undefined;
  }
}
