/** Bytes, a size with its unit (1kb is 1024 bytes), or `none`. */
export type BodySize = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}` | 'none';

/** What `@BodyLimit` declares. */
export interface BodyLimitOptions {
  /** The largest request body allowed, to the byte. `0` and `none` lift the limit. */
  readonly limit: BodySize;
  /**
   * Whether a body must say its length before it comes (`Content-Length`), for upstreams that take no others; 411 for
   * one that does not: in chunks, or in HTTP/2 frames alone. Default false.
   */
  readonly requireLength?: boolean;
}

const UNIT_BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** The size in bytes, 0 for no limit; NaN when it says none. */
export function sizeBytes(size: BodySize): number {
  if (size === 'none') return 0;
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? size : Number.NaN;
  const parts = /^(\d{1,12}(?:\.\d{1,6})?)(b|kb|mb|gb)$/i.exec(String(size));
  const bytes = Number(parts?.[1]) * (UNIT_BYTES[parts?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : Number.NaN;
}

/** `1mb` for 1048576: the largest unit that fits, for people. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return 'unlimited';
  for (const unit of ['gb', 'mb', 'kb']) {
    const unitBytes = UNIT_BYTES[unit] as number;
    if (bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  }
  return `${bytes} bytes`;
}
