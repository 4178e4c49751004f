import { createHash } from 'node:crypto';
import type { SharedState } from '../contracts/shared-state.js';
import type { RedisConnection } from './redis.connection.js';

/** The state that instances share, in Redis. */
export class RedisSharedState implements SharedState {
  /** By their text; there are as many as the code has. */
  readonly #digests = new Map<string, string>();

  constructor(private readonly connection: RedisConnection) {}

  async get(key: string): Promise<string | undefined> {
    return (await this.connection.run(key, (client) => client.get(key))) ?? undefined;
  }

  partOf(key: string): string {
    return this.connection.partOf(key);
  }

  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const digest = this.#digestOf(script);
    return this.connection.run(keys[0] ?? '', async (client) => {
      try {
        return await client.evalsha(digest, keys.length, ...keys, ...args);
      } catch (error) {
        // A server that just started, became the primary, or was told to flush knows no script, and each node of a cluster
        // learns its own; EVAL teaches it.
        if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
        return client.eval(script, keys.length, ...keys, ...args);
      }
    });
  }

  #digestOf(script: string): string {
    let digest = this.#digests.get(script);
    if (digest === undefined) {
      digest = createHash('sha1').update(script).digest('hex');
      this.#digests.set(script, digest);
    }
    return digest;
  }
}
