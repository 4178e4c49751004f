import { RedisConnection } from '../../src/redis/redis.connection.js';
import { RedisSharedState } from '../../src/redis/redis.shared-state.js';
import { Gate } from './gate.js';

/** A connection to Redis with the state behind it, and what it has told. */
export class ToldConnection {
  /** `connected` and `lost …`, in their order. */
  readonly told: string[] = [];
  readonly connection: RedisConnection;
  readonly state: RedisSharedState;
  #connected = new Gate();
  #lost = new Gate();

  constructor(url: string) {
    this.connection = new RedisConnection({
      url,
      connected: () => {
        this.told.push('connected');
        this.#connected.open();
      },
      lost: (cause) => {
        this.told.push(`lost ${cause.message}`);
        this.#lost.open();
      },
    });
    this.state = new RedisSharedState(this.connection);
  }

  /** The next time it is connected. */
  nextConnected(): Promise<void> {
    this.#connected = new Gate();
    return this.#connected.opened;
  }

  /** The next time it is lost. */
  nextLost(): Promise<void> {
    this.#lost = new Gate();
    return this.#lost.opened;
  }

  /** The words of what it told, without causes. */
  get words(): string[] {
    return this.told.map((line) => line.split(' ')[0] as string);
  }

  /** How a read ended, and after how long. */
  async read(key: string): Promise<TimedRead> {
    const startedAt = performance.now();
    const outcome = await this.state.get(key).then(
      (value) => ({ value }),
      (error: Error) => ({ fault: error.message }),
    );
    return { ...outcome, ms: performance.now() - startedAt };
  }
}

export interface TimedRead {
  readonly value?: string | undefined;
  readonly fault?: string;
  readonly ms: number;
}
