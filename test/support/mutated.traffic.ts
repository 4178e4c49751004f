import { createHash } from 'node:crypto';
import { seededNumbers } from './faulty.traffic.js';
import { mutatedRequests } from './mutated.requests.js';
import { type Sent, sentBytes, takeTrip } from './plain.trip.js';
import type { PlainUpstream } from './plain.upstream.js';
import { type PlainRequest, plainTarget } from './plain-request.js';

/** How many clients send at the same time. */
const CLIENTS = 32;
/** Of these many trips, one client says nothing at its end and waits for the gateway's own timeouts. */
const SILENT_EVERY = 250;
/** A log of more is read by nobody. */
const MAX_PROBLEMS = 20;

/** Sends damaged requests, each connection with bytes of its own seed, and compares what an upstream hears of them. */
export class MutatedTraffic {
  /** What went wrong, with the seed and the bytes. */
  readonly problems: string[] = [];
  /** Requests that reached the upstream, answers that refused, and connections that were sent on. */
  readonly seen = { forwarded: 0, refused: 0, trips: 0 };
  readonly #sent = new Map<
    string,
    { readonly sent: Sent; readonly left: PlainRequest[]; readonly seed: number }
  >();

  /** @param paths where the upstream is reached, each by another way through the gateway */
  constructor(
    private readonly port: number,
    upstream: PlainUpstream,
    private readonly paths: readonly string[],
    private readonly seed: number,
  ) {
    upstream.onRequest = (request) => this.#heard(request);
  }

  async run(trips: number): Promise<void> {
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < trips && this.problems.length < MAX_PROBLEMS) await this.#trip(next++);
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
  }

  async #trip(index: number): Promise<void> {
    const seed = this.seed + index;
    const random = seededNumbers(seed);
    const id = idOf(seed);
    const path = this.paths[index % this.paths.length] as string;
    const sent = sentBytes(mutatedRequests(random, `${path}/${id}`));
    this.#sent.set(id, { sent, left: [...sent.requests], seed });
    try {
      const { answers } = await takeTrip(this.port, sent, index % SILENT_EVERY === 0);
      const more = answers.slice(sent.requests.length);
      this.seen.trips++;
      this.seen.refused += answers.filter(({ status }) => status >= 400).length;
      if (more.length > 1) this.#problem(seed, sent, `${more.length} answers more than requests`);
      for (const { status } of more)
        if (status < 400) this.#problem(seed, sent, `answered ${status} to nothing`);
      const broken = answers.find(({ status }) => status >= 500 && status !== 505 && status !== 501);
      if (broken !== undefined) this.#problem(seed, sent, `answered ${broken.status}: ${broken.body}`);
    } catch (error) {
      this.#problem(seed, sent, String(error));
    }
  }

  /** A request may be heard once for each time it was sent, with the body it was sent with. */
  #heard({ method, target, body }: PlainRequest): void {
    this.seen.forwarded++;
    const [id] = /t[0-9a-z]+-[0-9a-f]{8}/.exec(target) ?? [];
    const trip = id === undefined ? undefined : this.#sent.get(id);
    // The damage hit the id: that the request is well-formed is all that can be said of it.
    if (trip === undefined) return;
    // The gateway may have put another prefix in front.
    const behindId = (text: string): string => text.slice(text.indexOf(id as string));
    const wanted = behindId(target);
    const at = trip.left.findIndex(
      (sent) =>
        sent.method === method &&
        sent.body === body &&
        behindId(plainTarget(sent.method, sent.target) ?? '') === wanted,
    );
    if (at < 0)
      this.#problem(trip.seed, trip.sent, `the upstream heard ${method} ${target} ${JSON.stringify(body)}`);
    else trip.left.splice(at, 1);
  }

  #problem(seed: number, { segments }: Sent, what: string): void {
    this.problems.push(`seed ${seed}: ${what}\n  sent ${JSON.stringify(segments)}`);
  }
}

/** A name for a trip that no damage turns into another's. */
function idOf(seed: number): string {
  const number = seed.toString(36);
  return `t${number}-${createHash('sha256').update(number).digest('hex').slice(0, 8)}`;
}
