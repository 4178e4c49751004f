import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A request that has come to its end, with what is needed to answer it by hand. */
export interface WholeRequest {
  readonly head: string;
  /** With its chunk framing and trailers, if it has any. */
  readonly body: string;
  readonly socket: Socket;
  /** Which request of its connection it is, from 0. */
  readonly turn: number;
}

/** An upstream that keeps every byte it is sent and answers a request when all of it has come, in bytes of the test's choosing. */
export class WholeRequestUpstream {
  /** Every byte since the last {@link forget}, all connections together. */
  sent = '';
  readonly requests: WholeRequest[] = [];
  connections = 0;
  answer: (request: WholeRequest) => void = () => {};
  /** Called with a head as soon as it is there; `true` means the request was answered. */
  early: ((head: string, socket: Socket) => boolean) | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#take(socket));
  }

  static async start(): Promise<WholeRequestUpstream> {
    const upstream = new WholeRequestUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  forget(): void {
    this.sent = '';
    this.requests.length = 0;
    this.connections = 0;
    this.early = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    let text = '';
    let turn = 0;
    socket.on('data', (chunk: Buffer) => {
      const bytes = chunk.toString('latin1');
      this.sent += bytes;
      text += bytes;
      for (let end = endOf(text); end >= 0; end = endOf(text)) {
        const cut = text.indexOf('\r\n\r\n') + 4;
        const request = { head: text.slice(0, cut), body: text.slice(cut, end), socket, turn: turn++ };
        text = text.slice(end);
        this.requests.push(request);
        this.answer(request);
      }
      const cut = text.indexOf('\r\n\r\n');
      if (cut >= 0 && this.early?.(text.slice(0, cut + 4), socket) === true) text = '';
    });
  }
}

/** Where the first request of some bytes ends; -1 while it has not. */
function endOf(text: string): number {
  const cut = text.indexOf('\r\n\r\n') + 4;
  if (cut < 4) return -1;
  const head = text.slice(0, cut);
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(head)) {
    const last = text.indexOf('\r\n0\r\n', cut - 2);
    const end = last < 0 ? -1 : text.indexOf('\r\n\r\n', last + 3);
    return end < 0 ? -1 : end + 4;
  }
  const end = cut + Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
  return text.length < end ? -1 : end;
}
