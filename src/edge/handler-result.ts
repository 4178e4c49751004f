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
    if (result instanceof Readable) return new UpstreamResponse(status, OCTETS, new StreamBody(result, undefined));
    if (Buffer.isBuffer(result)) return new UpstreamResponse(status, OCTETS, new WholeBody(result));
    return UpstreamResponse.json(result, status);
  }
  return new UpstreamResponse(status, TEXT, new WholeBody(Buffer.from(String(result))));
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
  for (const value of disposition === undefined ? [] : [disposition].flat()) headers.push('content-disposition', value);
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
    stream.on('data', (chunk: Buffer) => {
      if (!sink.write(Buffer.from(chunk))) stream.pause();
    });
    stream.on('end', () => sink.end());
    stream.on('error', (cause) => sink.fail(new GatewayError('internal', { cause })));
    return { resume: () => stream.resume(), cancel: () => stream.destroy() };
  }

  discard(): void {
    this.stream.destroy();
  }
}
