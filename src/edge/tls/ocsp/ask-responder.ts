import type { AskResponder } from './ocsp.stapler.js';

const PATIENCE_MS = 5_000;
/** Answers are some kilobytes, with the responder's certificate. */
const MAX_BYTES = 65_536;

/** Asks a responder by POST (RFC 6960, appendix A.1). What it says is signed, so it needs no TLS, and has none. */
export const askResponder: AskResponder = async (url, request) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
    body: new Uint8Array(request),
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (answer.status !== 200 || answer.body === null)
    throw new Error(`the responder answered ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};
