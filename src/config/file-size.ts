/** More than any file of settings, keys or consumers has a use for. */
const FILE_LIMIT_BYTES = 16 * 1024 * 1024;

/** Keeps a file that was named by mistake, or grew without end, out of memory. @throws as node:fs does, EFBIG */
export function checkFileSize(bytes: number): void {
  if (bytes <= FILE_LIMIT_BYTES) return;
  throw Object.assign(new Error(`EFBIG: file too large, ${FILE_LIMIT_BYTES} bytes are the most`), {
    code: 'EFBIG',
  });
}
