import { isIPv6 } from 'node:net';

export interface ProxyV2Parts {
  /** Default 2. */
  readonly version?: number;
  /** 0 is LOCAL, 1 is PROXY; default 1. */
  readonly command?: number;
  /** Family and transport; default TCP over the family of `source`, and 0 without one. */
  readonly family?: number;
  readonly source?: string;
  /** The port the client reached; default 0. */
  readonly port?: number;
  /** Bytes behind the addresses. */
  readonly extra?: Buffer;
}

/** The bytes of a PROXY header, version 2, also of one that is wrong. */
export function proxyV2(parts: ProxyV2Parts): Buffer {
  const { version = 2, command = 1, source, port = 0, extra = Buffer.alloc(0) } = parts;
  const family = parts.family ?? (source === undefined ? 0 : isIPv6(source) ? 0x21 : 0x11);
  const addresses = source === undefined ? Buffer.alloc(0) : addressBlock(source, port);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1');
  head[12] = (version << 4) | command;
  head[13] = family;
  head.writeUInt16BE(addresses.length + extra.length, 14);
  return Buffer.concat([head, addresses, extra]);
}

function addressBlock(source: string, port: number): Buffer {
  const from = addressBytes(source);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(56_324, 0);
  ports.writeUInt16BE(port, 2);
  return Buffer.concat([from, Buffer.alloc(from.length, 1), ports]);
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [hexadecimal, dotted] = withoutDots(address);
  const [left = '', right] = hexadecimal.split('::');
  const groups = (text: string | undefined): string[] =>
    text === undefined || text === '' ? [] : text.split(':');
  const head = groups(left);
  const tail = groups(right);
  const size = 16 - (dotted?.length ?? 0);
  const zeros = Array(size / 2 - head.length - tail.length).fill('0') as string[];
  const bytes = Buffer.alloc(size);
  for (const [i, group] of [...head, ...zeros, ...tail].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), i * 2);
  return dotted === undefined ? bytes : Buffer.concat([bytes, dotted]);
}

function withoutDots(address: string): [string, Buffer | undefined] {
  if (!address.includes('.')) return [address, undefined];
  const cut = address.lastIndexOf(':');
  const rest = address.slice(0, cut);
  return [rest.endsWith(':') ? `${rest}:` : rest, addressBytes(address.slice(cut + 1))];
}
