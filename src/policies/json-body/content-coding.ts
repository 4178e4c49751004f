import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import { bodyOverLimit, UnreadableBody } from './unreadable-body.js';

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

/** The codings of RFC 9110, section 8.4.1, RFC 7932 and RFC 8878 that are undone. One layer only. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify(gunzip) as Decoder],
  ['x-gzip', promisify(gunzip) as Decoder],
  ['deflate', promisify(inflate) as Decoder],
  ['br', promisify(brotliDecompress) as Decoder],
  ['zstd', promisify(zstdDecompress) as Decoder],
]);

/** The coding a body is in, lower-case, several joined by commas; `undefined` when the bytes are plain. */
export function contentCoding(headers: RawHeaders): string | undefined {
  let coding: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 16 || name.toLowerCase() !== 'content-encoding') continue;
    const value = (headers[i + 1] as string).trim().toLowerCase();
    coding = coding === undefined ? value : `${coding},${value}`;
  }
  return coding === '' || coding === 'identity' ? undefined : coding;
}

/**
 * Undoes a coding, never beyond the limit.
 *
 * Routes that look into bodies ask for plain ones; an upstream that compresses all the same is still understood.
 *
 * @throws UnreadableBody when the coding is unknown or stacked, the bytes are broken, or the limit is passed
 */
export async function decodeContent(bytes: Buffer, coding: string, limitBytes: number): Promise<Buffer> {
  const decoder = DECODERS.get(coding);
  if (decoder === undefined) throw new UnreadableBody('in a content coding that is not understood');
  try {
    return await decoder(bytes, { maxOutputLength: limitBytes });
  } catch (error) {
    const over = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw over ? bodyOverLimit() : new UnreadableBody('in a broken content coding');
  }
}
