import type { IncomingHttpHeaders } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import type { Answer, Ask } from './gateway.harness.js';

/** An answer that came by HTTP/2, with what followed the body. */
export interface Http2Answer extends Answer {
  readonly trailers: IncomingHttpHeaders;
  /** 1xx answers that came before it. */
  readonly informational: readonly number[];
}

/** Sends one request on a connection and reads the whole answer. Rejects when the stream is reset. */
export function askOn(
  session: ClientHttp2Session,
  path: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    session.once('error', reject);
    const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const host = own.find(([name]) => name === 'host')?.[1] as string | undefined;
    const stream = session.request(
      {
        ':method': method,
        ':path': path,
        ...(host === undefined ? {} : { ':authority': host }),
        ...Object.fromEntries(own.filter(([name]) => name !== 'host')),
      },
      { endStream: body === undefined },
    );
    const chunks: Buffer[] = [];
    const informational: number[] = [];
    let trailers: IncomingHttpHeaders = {};
    let fields: IncomingHttpHeaders = {};
    let raw: readonly string[] = [];
    stream.on('headers', (head) => informational.push(Number(head[':status'])));
    stream.on('response', (head, _flags, rawHead: readonly string[]) => {
      fields = head as IncomingHttpHeaders;
      raw = rawHead;
    });
    stream.on('trailers', (head) => {
      trailers = head as IncomingHttpHeaders;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      if (stream.rstCode !== 0) return reject(new Error(`The stream was reset with ${stream.rstCode}.`));
      const whole = Buffer.concat(chunks);
      const text = whole.toString();
      const status = Number(fields[':status' as keyof IncomingHttpHeaders]);
      resolve({
        status,
        headers: fields,
        rawHeaders: raw,
        body: whole,
        text,
        json: () => JSON.parse(text) as unknown,
        trailers,
        informational,
      });
    });
    if (body !== undefined) stream.end(body);
  });
}
