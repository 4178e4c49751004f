import { RawClient } from './raw.client.js';

/** How many connect at the same moment. */
const AT_ONCE = 50;

/** Clients that each asked for something once and keep their connection. */
export class IdleCrowd {
  readonly clients: RawClient[] = [];

  constructor(
    readonly port: number,
    readonly request: string,
  ) {}

  /** Lets so many more come. @throws Error when one of them is not served */
  async come(count: number): Promise<void> {
    let left = count;
    const arrive = async (): Promise<void> => {
      while (left-- > 0) {
        const client = new RawClient(this.port);
        this.clients.push(client);
        await this.#serve(client);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, arrive));
  }

  /** Lets so many requests come, some at a time, on connections that leave behind them. */
  async pass(requests: number): Promise<void> {
    const each = Math.ceil(requests / AT_ONCE);
    const visit = async (): Promise<void> => {
      const client = new RawClient(this.port);
      for (let i = 0; i < each; i++) await this.#serve(client);
      client.close();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, visit));
  }

  /** Asks once more on some of the connections, spread over all. */
  async askAgain(count: number): Promise<void> {
    const stride = Math.max(1, Math.floor(this.clients.length / count));
    for (let i = 0; i < this.clients.length; i += stride) await this.#serve(this.clients[i] as RawClient);
  }

  leave(): void {
    for (const client of this.clients.splice(0)) client.close();
  }

  async #serve(client: RawClient): Promise<void> {
    const { status } = await client.send(this.request).answer();
    if (status !== 200) throw new Error(`Served with ${status}.`);
  }
}
