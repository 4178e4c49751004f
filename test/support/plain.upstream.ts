import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type PlainRequest, plainRequest } from './plain-request.js';

/** What a request is answered with; `end` closes the connection behind it. */
export interface PlainAnswer {
  readonly bytes: string;
  readonly end?: boolean;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n';

/** Answers `ok`, and nothing behind the head when only that was asked for. */
export const answerOk = ({ method }: PlainRequest): PlainAnswer => ({
  bytes: method === 'HEAD' ? OK : `${OK}ok`,
});

/** An upstream that reads the raw bytes of its connections by the plain reading, and answers nothing else. */
export class PlainUpstream {
  /** Whole, strictly well-formed requests in the order they ended. */
  readonly requests: PlainRequest[] = [];
  /** Bytes that are no request, and why. */
  readonly refused: string[] = [];
  /** Well-formed beginnings whose connection was cut before their end. */
  readonly torsos: string[] = [];
  /** May be changed at any time. */
  answer: (request: PlainRequest) => PlainAnswer = answerOk;
  onRequest: (request: PlainRequest) => void = () => {};
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => this.#take(socket));
  }

  static async start(): Promise<PlainUpstream> {
    const upstream = new PlainUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  forget(): void {
    this.requests.length = 0;
    this.refused.length = 0;
    this.torsos.length = 0;
    this.answer = answerOk;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    let text = '';
    let continued = false;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (text !== '') this.torsos.push(text);
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      while (text !== '') {
        const reading = plainRequest(text);
        if (reading.kind === 'refused') {
          this.refused.push(`${reading.reason} in ${JSON.stringify(text)}`);
          text = '';
          socket.destroy();
          return;
        }
        if (reading.kind === 'incomplete') {
          if (reading.expects && !continued) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
          continued = reading.expects;
          return;
        }
        continued = false;
        text = text.slice(reading.bytes);
        this.requests.push(reading.request);
        this.onRequest(reading.request);
        const { bytes, end } = this.answer(reading.request);
        socket.write(bytes, 'latin1');
        if (end === true) socket.end();
      }
    });
  }
}
