/** Deeper than any sane document, far from where recursion gets near the end of the stack. */
export const MAX_DEPTH = 512;

/** Below this a parse is short however the text is made, and the scan would cost more than it saves. */
const SCAN_FROM_BYTES = 64 * 1024;

/**
 * Whether a large JSON text nests too deeply to be worth parsing.
 *
 * A mebibyte of `[` holds JSON.parse for 170 ms, a scan for brackets outside strings about one.
 */
export function nestsTooDeep(bytes: Buffer): boolean {
  if (bytes.length < SCAN_FROM_BYTES) return false;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i] as number) {
      case 0x22: // "
        i = endOfString(bytes, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > MAX_DEPTH) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return false;
}

/** Where the string that opens at `start` closes. */
function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1;
  for (; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 0x22) break;
    if (byte === 0x5c) i++; // a backslash takes the next byte with it
  }
  return i;
}
