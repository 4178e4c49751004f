import { GatewayError } from '../../../contracts/gateway-error.js';
import { AUTHENTICATE } from '../authenticate.options.js';

/** Two of libuv's four threads: the others stay for files and names. */
export const HASHES_AT_ONCE = 2;
/** Beyond it a login is told to come again: the last of them waits a few seconds already. */
export const HASHES_WAITING = 32;

/** Works hashes out, few at a time; a queue that is full refuses. */
export class HashWork {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number = HASHES_AT_ONCE,
    private readonly mayWait: number = HASHES_WAITING,
  ) {}

  /**
   * Runs `work` when its turn comes.
   *
   * @throws GatewayError `overloaded` when too many wait already
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.atOnce) this.#running++;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Whoever is next takes this one's place, so nobody can come in between.
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.mayWait) {
      throw new GatewayError('overloaded', {
        detail: 'Too many passwords are being checked.',
        headers: ['Retry-After', '1'],
        policy: AUTHENTICATE,
        reason: 'password-queue-full',
      });
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
