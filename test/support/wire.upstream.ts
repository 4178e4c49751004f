import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { readStrictRequest, type StrictRequest } from './strict-request.js';

/** Says in bytes what a request is answered with. */
export type WireRespond = (request: StrictRequest) => string;

const ANSWER_OK: WireRespond = () =>
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}';

/** Bytes of one connection, and how far they were read. */
interface Heard {
  bytes: string;
  read: number;
  /** Where the request starts that was answered by its head alone. */
  answeredAt: number;
  wrong: string | undefined;
}

/** An upstream that keeps every byte that reached it and takes nothing but requests that are well-formed to the letter. */
export class WireUpstream {
  /** Whole, well-formed requests in the order they ended. */
  readonly requests: StrictRequest[] = [];
  /** What was wrong with bytes that are no request; such a connection is heard but never answered again. */
  readonly wrong: string[] = [];
  respond: WireRespond = ANSWER_OK;
  /** Answers a request as soon as its header section is whole, in place of `respond`. */
  onHead: ((head: string, socket: Socket) => void) | undefined;
  connections = 0;
  readonly #heard = new Set<Heard>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => this.#take(socket));
  }

  static async start(): Promise<WireUpstream> {
    const upstream = new WireUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything heard since {@link forget}, connection by connection. */
  get bytes(): readonly string[] {
    return [...this.#heard].map(({ bytes }) => bytes).filter((bytes) => bytes !== '');
  }

  /** Forgets what was heard and answers as at first. */
  forget(): void {
    this.requests.length = 0;
    this.wrong.length = 0;
    this.respond = ANSWER_OK;
    this.onHead = undefined;
    this.connections = 0;
    for (const heard of this.#heard) {
      // What follows the start of a request can be no request of its own.
      if (heard.read < heard.bytes.length) heard.wrong ??= 'a request that was left unfinished';
      heard.bytes = '';
      heard.read = 0;
      heard.answeredAt = -1;
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    this.connections++;
    const heard: Heard = { bytes: '', read: 0, answeredAt: -1, wrong: undefined };
    this.#heard.add(heard);
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      heard.bytes += chunk.toString('latin1');
      const head = heard.bytes.indexOf('\r\n\r\n', heard.read);
      if (this.onHead !== undefined && head >= 0 && heard.answeredAt !== heard.read) {
        heard.answeredAt = heard.read;
        this.onHead(heard.bytes.slice(heard.read, head + 4), socket);
      }
      while (heard.wrong === undefined && this.#answerNext(heard, socket));
    });
  }

  #answerNext(heard: Heard, socket: Socket): boolean {
    if (heard.read === heard.bytes.length) return false;
    const reading = readStrictRequest(heard.bytes.slice(heard.read));
    if (reading === 'unfinished') return false;
    if ('wrong' in reading) {
      heard.wrong = reading.wrong;
      this.wrong.push(reading.wrong);
      return false;
    }
    const answered = heard.answeredAt === heard.read;
    heard.read += reading.request.raw.length;
    this.requests.push(reading.request);
    if (!answered) socket.write(this.respond(reading.request), 'latin1');
    return true;
  }
}
