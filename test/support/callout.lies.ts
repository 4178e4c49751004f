import { createGzip } from 'node:zlib';
import type { Respond } from './recording.upstream.js';

const MEBIBYTE = Buffer.alloc(1 << 20, 0x20);
const GIBIBYTE = 1 << 30;

/** Bytes that the servers below got rid of: what they could not send was not read. */
export const SENT = { bytes: 0 };

/** What a server that is asked about credentials may answer instead of an answer. Each is valid as far as it goes. */
export const CALLOUT_LIES: Readonly<Record<string, Respond>> = {
  'a body of a gibibyte': (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': GIBIBYTE });
    let left = GIBIBYTE / MEBIBYTE.length;
    const more = (): void => {
      while (left > 0 && !res.destroyed) {
        left--;
        SENT.bytes += MEBIBYTE.length;
        if (!res.write(MEBIBYTE)) return void res.once('drain', more);
      }
      res.end();
    };
    more();
  },
  'a gibibyte that is packed small': (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(res);
    let left = GIBIBYTE / MEBIBYTE.length;
    const more = (): void => {
      while (left > 0 && !res.destroyed) {
        left--;
        if (!gzip.write(MEBIBYTE)) return void gzip.once('drain', more);
      }
      gzip.end();
    };
    more();
  },
  'a redirect': (_req, res) => {
    res.writeHead(302, { Location: '/elsewhere' }).end('{"active":true}');
  },
  'a redirect that keeps the method': (_req, res) => {
    res.writeHead(307, { Location: '/elsewhere' }).end('{"active":true}');
  },
  'a 500 with a good body': (_req, res) => {
    res.writeHead(500, { 'Content-Type': 'application/json' }).end('{"active":true}');
  },
  'a body that is cut': (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 });
    res.write('{"active":true}');
    res.socket?.end();
  },
  'no answer at all': (_req, res) => {
    res.socket?.end();
  },
  'a head and then silence': (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
  },
  silence: () => {},
  'bytes that are no HTTP': (_req, res) => {
    res.socket?.end('SSH-2.0-OpenSSH_9.9\r\n');
  },
};
