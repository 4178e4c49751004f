import { Readable } from 'node:stream';
import { GatewayError } from '../contracts/gateway-error.js';
import {
  type BodyFlow,
  type BodySink,
  EMPTY_BODY,
  type ResponseBody,
  UpstreamResponse,
  WholeBody,
} from '../contracts/upstream-response.js';

/** What Nest's `StreamableFile` offers, as far as it is read here. */
interface FileLike {
  getStream(): Readable;
  getHeaders(): { type?: string; disposition?: string | string[]; length?: number };
}

/**
 * What a handler returned, as an answer, by Nest's own rules: an upstream's response as it is, nothing as an empty
 * body, text as HTML, a file or stream as it flows, everything else as JSON.
 *
 * @param status for answers that carry none of their own
 */
export function asResponse(result: unknown, status: number): UpstreamResponse {
  if (result instanceof UpstreamResponse) return result;
  if (result === undefined || result === null) return new UpstreamResponse(status, [], EMPTY_BODY);
  if (typeof result === 'object') {
    if (isFile(result)) return fileResponse(result, status);
    if (result instanceof Readable)
      return new UpstreamResponse(status, OCTETS, new StreamBody(result, undefined));
    if (Buffer.isBuffer(result)) return new UpstreamResponse(status, OCTETS, new WholeBody(result));
    return UpstreamResponse.json(result, status);
  }
  const text = String(result as string | number | boolean | bigint);
  return new UpstreamResponse(status, TEXT, new WholeBody(Buffer.from(text)));
}

/** Nest's own default: 201 for POST, 200 otherwise. */
export function defaultStatus(method: string): number {
  return method === 'POST' ? 201 : 200;
}

const OCTETS = ['content-type', 'application/octet-stream'];
const TEXT = ['content-type', 'text/html; charset=utf-8'];

function isFile(value: object): value is FileLike {
  const file = value as Partial<FileLike>;
  return typeof file.getStream === 'function' && typeof file.getHeaders === 'function';
}

function fileResponse(file: FileLike, status: number): UpstreamResponse {
  const { type, disposition, length } = file.getHeaders();
  const headers = ['content-type', type ?? 'application/octet-stream'];
  for (const value of disposition === undefined ? [] : [disposition].flat())
    headers.push('content-disposition', value);
  return new UpstreamResponse(status, headers, new StreamBody(file.getStream(), length));
}

/** A body that a handler streams. */
class StreamBody implements ResponseBody {
  readonly whole = undefined;

  constructor(
    readonly stream: Readable,
    readonly length: number | undefined,
  ) {}

  pipe(sink: BodySink): BodyFlow {
    const { stream } = this;
    let open = true;
    const fail = (cause: unknown): void => {
      if (!open) return;
      open = false;
      stream.destroy();
      sink.fail(new GatewayError('internal', { cause }));
    };
    stream.on('error', fail);
    // A stream that was destroyed without an error says nothing but this.
    stream.on('close', () => fail(new Error('The stream of a handler was closed before its end.')));
    if (stream.destroyed)
      fail(stream.errored ?? new Error('The stream of a handler was closed before it began.'));
    stream.on('data', (chunk: unknown) => {
      if (!open) return;
      const bytes = bytesOf(chunk);
      if (bytes === undefined)
        fail(new TypeError('The stream of a handler holds something else than bytes or text.'));
      else if (!sink.write(bytes)) stream.pause();
    });
    stream.on('end', () => {
      if (!open) return;
      open = false;
      sink.end();
    });
    return {
      resume: () => stream.resume(),
      cancel: () => {
        open = false;
        stream.destroy();
      },
    };
  }

  discard(): void {
    // Its error, if it has one to come, is of interest to nobody, but unheard it would end the process.
    this.stream.on('error', () => {}).destroy();
  }
}

function bytesOf(chunk: unknown): Buffer | undefined {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  // A copy: the sink owns what it is given.
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : undefined;
}
