import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const CHUNK_BYTES = 65_536;
const BLOCK = Buffer.from(Array.from({ length: CHUNK_BYTES }, (_, index) => (index * 2_654_435_761) >>> 13));

/** A writer counts as stuck when it has not moved for this long. */
const STUCK_MS = 60;

/** One side of a transfer: bytes so far, their digest, and whether it is through. */
export class Flow {
  bytes = 0;
  over = false;
  readonly #hash: Hash = createHash('sha256');

  take(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  /** Resolves when backpressure holds the flow up, or it is through. The wait is real: buffers of the kernel fill. */
  async stuck(): Promise<void> {
    for (let before = -1; before !== this.bytes && !this.over; ) {
      before = this.bytes;
      await sleep(STUCK_MS);
    }
  }
}

/** Writes so many bytes, no two chunks alike, as fast as the other side takes them. */
export async function pour(bytes: number, into: Writable, flow: Flow): Promise<void> {
  for (let index = 0; flow.bytes < bytes; index++) {
    const chunk = Buffer.from(BLOCK.subarray(0, Math.min(CHUNK_BYTES, bytes - flow.bytes)));
    chunk.writeUInt32LE(index);
    flow.take(chunk);
    if (!into.write(chunk)) await once(into, 'drain');
  }
  into.end();
  flow.over = true;
}

/** Reads to the end, with pauses on the way; each lasts until the writer at the far end is stuck. */
export async function sip(
  from: Readable,
  bytes: number,
  pauses: number,
  flow: Flow,
  writer: Flow,
): Promise<void> {
  let paused = 0;
  await writer.stuck();
  for await (const chunk of from) {
    flow.take(chunk as Buffer);
    if (flow.bytes < (bytes / pauses) * (paused + 1)) continue;
    paused++;
    await writer.stuck();
  }
  flow.over = true;
}

/** An upstream that sends and receives bodies of any size, and says what it saw of them. */
export class BulkUpstream {
  /** What a download sends; of the last one. */
  sent = new Flow();
  /** What an upload brought; of the last one. */
  received = new Flow();
  /** The far end of an upload, so that this side can read slower than it writes. */
  uploader = new Flow();
  readonly #server: Server;

  private constructor(
    private readonly bytes: number,
    private readonly pauses: number,
  ) {
    this.#server = createServer((req, res) => void this.#take(req, res));
  }

  static async start(bytes: number, pauses: number): Promise<BulkUpstream> {
    const upstream = new BulkUpstream(bytes, pauses);
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method === 'GET') {
      res.writeHead(200, { 'Content-Length': this.bytes });
      await pour(this.bytes, res, this.sent);
      return;
    }
    await sip(req, this.bytes, this.pauses, this.received, this.uploader);
    res.end('taken');
  }
}
