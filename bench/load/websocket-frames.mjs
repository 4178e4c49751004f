/** What goes to and fro in the WebSocket row: one message of 114 bytes, masked up and plain down. */
export const PAYLOAD_BYTES = 114;

const payload = Buffer.alloc(PAYLOAD_BYTES, 'portcullis ');
const mask = [1, 2, 3, 4];

export const UP = Buffer.from([
  0x81,
  0x80 | PAYLOAD_BYTES,
  ...mask,
  ...payload.map((byte, i) => byte ^ mask[i % 4]),
]);
export const DOWN = Buffer.from([0x81, PAYLOAD_BYTES, ...payload]);
