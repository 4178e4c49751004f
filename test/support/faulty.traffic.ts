import type { FaultyUpstream } from './faulty.upstream.js';
import { RawClient } from './raw.client.js';

/** What the access log may say of one request. */
export interface Expectation {
  readonly target: string;
  /** The statuses it may have ended with. */
  readonly statuses: readonly number[];
  /** The client left while requests of it were still unread, so the gateway may never have met this one. */
  readonly maybe: boolean;
}

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WAYS = ['compiled', 'interpreted', 'legacy'] as const;
const UPLOAD_BYTES = 200_000;

/** What happens in one step, and how often out of a hundred. */
const STEPS = [
  ['answer', 40.5],
  ['upload', 8],
  ['pipelined', 8],
  ['fault', 20],
  ['left-before-head', 6],
  ['left-in-upload', 6],
  ['left-in-download', 6],
  ['left-in-pipeline', 2],
  ['silent', 0.5],
  ['half-a-head', 2],
  ['nonsense', 1],
] as const;
type Step = (typeof STEPS)[number][0];

/** Paths of the faulty upstream that answer or break by themselves, with what the log may say. */
const ANSWERS: Readonly<Record<string, readonly number[]>> = { ok: [200], large: [200], nowhere: [404] };
// The reset may overtake the head.
const CUT: readonly number[] = [200, 502];
const FAULTS: Readonly<Record<string, readonly number[]>> = {
  '500': [500],
  '503': [503],
  'reset-before-head': [502],
  'reset-in-body': CUT,
  'close-in-chunks': CUT,
  nonsense: [502],
};

/** One client that takes its steps one after the other and remembers what it sent. */
export class FaultyTraffic {
  readonly expected = new Map<string, Expectation>();
  /** The status each request was answered with, where it was. */
  readonly seen = new Map<string, number>();
  #kept: RawClient | undefined;
  #sent = 0;

  constructor(
    private readonly name: string,
    private readonly port: number,
    private readonly upstream: FaultyUpstream,
    private readonly random: () => number,
  ) {}

  /** Sends so many requests or a few more. */
  async run(requests: number): Promise<void> {
    while (this.#sent < requests) await this.#take(this.#step());
    this.#kept?.close();
  }

  #step(): Step {
    let ticket = this.random() * 100;
    for (const [step, share] of STEPS) {
      ticket -= share;
      if (ticket < 0) return step;
    }
    return 'answer';
  }

  async #take(step: Step): Promise<void> {
    switch (step) {
      case 'answer':
        return this.#exchange(this.#pick(Object.entries(ANSWERS)));
      case 'fault':
        return this.#exchange(this.#pick(Object.entries(FAULTS)));
      case 'silent':
        return this.#exchange(['silent', [504]]);
      case 'upload':
        return this.#upload();
      case 'pipelined':
        return this.#pipeline(2 + Math.floor(this.random() * 4));
      case 'left-before-head':
        return this.#leave('silent', '', (client) => client.close());
      case 'left-in-upload':
        return this.#leave('unread', `Content-Length: ${UPLOAD_BYTES}\r\n`, (client) => client.reset());
      case 'left-in-download':
        return this.#leave('endless', '', async (client) => {
          // Half of them have read a part of it.
          if (this.random() < 0.5) await new Promise((resolve) => client.socket.once('data', resolve));
          client.close();
        });
      case 'left-in-pipeline':
        return this.#leavePipeline();
      case 'half-a-head': {
        const client = new RawClient(this.port).send('GET /compiled/ok HTTP/1.1\r\nHost: gate');
        await new Promise((resolve) => client.socket.once('connect', resolve));
        return client.close();
      }
      case 'nonsense': {
        const client = new RawClient(this.port).send('NOT HTTP\r\n\r\n');
        await client.closed();
        return client.close();
      }
    }
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  /** A request's head; remembers what may become of it. */
  #request(
    path: string,
    statuses: readonly number[],
    fields = '',
    maybe = false,
  ): { id: string; text: string } {
    const id = `${this.name}-${this.#sent++}`;
    const method = fields.startsWith('Content-Length') ? 'PUT' : 'GET';
    const target = path === 'nowhere' ? '/nowhere' : `/${this.#pick(WAYS)}/${path}`;
    this.expected.set(id, { target, statuses, maybe });
    const text = `${method} ${target} HTTP/1.1\r\nHost: gateway\r\nX-Correlation-ID: ${id}\r\n${fields}\r\n`;
    return { id, text };
  }

  #client(): RawClient {
    this.#kept ??= new RawClient(this.port);
    return this.#kept;
  }

  /** Reads an answer; a connection that will not serve another is dropped. */
  async #answer(client: RawClient, id: string): Promise<void> {
    const answer = await client.answer().catch((cause: Error) => {
      // A body that breaks off at once may take its head with it: the connection is cut either way.
      const { target, statuses } = this.expected.get(id) as Expectation;
      if (statuses === CUT) return undefined;
      throw new Error(`${id} to ${target} got no answer`, { cause });
    });
    if (answer !== undefined) this.seen.set(id, answer.status);
    if (answer?.complete === true && !answer.values('connection').includes('close')) return;
    client.close();
    if (this.#kept === client) this.#kept = undefined;
  }

  async #exchange([path, statuses]: readonly [string, readonly number[]]): Promise<void> {
    const { id, text } = this.#request(path, statuses);
    const client = this.#client().send(text);
    await this.#answer(client, id);
  }

  async #upload(): Promise<void> {
    const { id, text } = this.#request('echo', [200], `Content-Length: ${UPLOAD_BYTES}\r\n`);
    const client = this.#client().send(text).send(Buffer.alloc(UPLOAD_BYTES, 'u'));
    await this.#answer(client, id);
  }

  async #pipeline(length: number): Promise<void> {
    const requests = Array.from({ length }, () =>
      this.#request(this.#pick(['ok', 'large', '500']), [200, 500]),
    );
    const client = this.#client().send(requests.map(({ text }) => text).join(''));
    for (const { id } of requests) await this.#answer(client, id);
  }

  /** The upstream has the request and the client goes, so the exchange can only end as left. */
  async #leave(path: string, fields: string, go: (client: RawClient) => void | Promise<void>): Promise<void> {
    const { id, text } = this.#request(path, [499], fields);
    const arrived = this.upstream.arrival(id);
    const client = new RawClient(this.port).send(text);
    if (fields !== '') client.send(Buffer.alloc(1_000, 'u'));
    await arrived;
    await go(client);
  }

  /** Goes with answers still to come: which of the requests were read is the kernel's affair. */
  async #leavePipeline(): Promise<void> {
    const requests = Array.from({ length: 4 }, () => this.#request('large', [200, 499], '', true));
    const client = new RawClient(this.port).send(requests.map(({ text }) => text).join(''));
    await new Promise((resolve) => client.socket.once('data', resolve));
    client.close();
  }
}
