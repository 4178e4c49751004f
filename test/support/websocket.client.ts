import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';

/** A WebSocket that is open, with the 101's fields. */
export interface OpenSocket {
  readonly socket: WebSocket;
  readonly response: IncomingMessage;
}

/** Opens a WebSocket. @throws Error when the handshake is refused */
export async function openSocket(
  port: number,
  path: string,
  options: ClientOptions = {},
  protocols: string[] = [],
  scheme: 'ws' | 'wss' = 'ws',
): Promise<OpenSocket> {
  const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, protocols, options);
  const upgraded = once(socket, 'upgrade') as Promise<[IncomingMessage]>;
  const [[response]] = await Promise.all([upgraded, once(socket, 'open')]);
  return { socket, response };
}

/** The next message, as text. */
export async function nextMessage(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data.toString();
}

/** The code a WebSocket closes with. */
export async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number];
  return code;
}

export const HANDSHAKE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** What answers {@link HANDSHAKE_KEY} (RFC 6455, section 1.3). */
export const HANDSHAKE_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** A handshake in bytes; fields of one's own stand in place of those of the same name, `undefined` leaves one out. */
export function handshake(path: string, fields: Readonly<Record<string, string | undefined>> = {}): string {
  const all: Record<string, string | undefined> = {
    Host: 'gateway',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': HANDSHAKE_KEY,
    ...fields,
  };
  return `GET ${path} HTTP/1.1\r\n${lines(all)}\r\n`;
}

/** What a handshake was answered with instead of a 101. */
export interface Refusal {
  readonly status: number;
  readonly problem: unknown;
}

/** Asks for a WebSocket that will be refused. */
export async function refusal(port: number, path: string, options: ClientOptions = {}): Promise<Refusal> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
  socket.on('error', () => {});
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    problem: JSON.parse(Buffer.concat(chunks).toString()) as unknown,
  };
}

/** The 101 that answers {@link handshake}; fields of one's own stand in place of those of the same name. */
export function switching(fields: Readonly<Record<string, string | undefined>> = {}, behind = ''): string {
  const all: Record<string, string | undefined> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': HANDSHAKE_ACCEPT,
    ...fields,
  };
  return `HTTP/1.1 101 Switching Protocols\r\n${lines(all)}\r\n${behind}`;
}

function lines(fields: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]))
    .join('');
}
