import { type JsonObject, parseStrictObject } from '../../../contracts/strict-json.js';
import { cappedFetch, OutboundFailure } from '../../outbound/capped-fetch.js';
import { isKeyAddress } from './key-address.js';
import { type ReadKeySet, readKeySet } from './key-set-document.js';

/** Ten times what issuers with certificates in their sets publish. */
const DOCUMENT_LIMIT_BYTES = 256 * 1024;

/** Why keys were not had, in a stable word or two; it names no address. */
export class KeySetFailure extends Error {
  override readonly name = 'KeySetFailure';
}

export interface FetchedKeySet {
  readonly keys: ReadKeySet['keys'];
  /** How long the issuer says the answer may be used, in milliseconds; `undefined` when it does not say. */
  readonly maxAgeMs: number | undefined;
}

/** Fetches the keys published at an address. @throws KeySetFailure */
export async function fetchKeySet(url: string, timeoutMs: number): Promise<FetchedKeySet> {
  const { document, headers } = await fetchDocument(url, timeoutMs);
  const read = readKeySet(document, false);
  if (read === undefined) throw new KeySetFailure('no key set');
  if (read.keys.length === 0) throw new KeySetFailure('no usable key');
  return { keys: read.keys, maxAgeMs: maxAgeMs(headers.get('cache-control')) };
}

/**
 * Asks an issuer where its keys are (OpenID Connect Discovery 1.0, section 4).
 *
 * @throws KeySetFailure also when the answer is another issuer's (section 4.3)
 */
export async function discoverKeyAddress(issuer: string, timeoutMs: number): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { document } = await fetchDocument(url, timeoutMs);
  if (document['issuer'] !== issuer) throw new KeySetFailure('another issuer');
  const address = document['jwks_uri'];
  if (!isKeyAddress(address)) throw new KeySetFailure('no acceptable jwks_uri');
  return address;
}

async function fetchDocument(
  url: string,
  timeoutMs: number,
): Promise<{ document: JsonObject; headers: Headers }> {
  try {
    // Minutes lie between two fetches: a connection that was kept would more likely be dead than of use.
    const headers = { Accept: 'application/json, application/jwk-set+json', Connection: 'close' };
    const answer = await cappedFetch({ url, headers, timeoutMs, maxBytes: DOCUMENT_LIMIT_BYTES });
    // A redirect is a status like any other: the address that is configured is the one that is trusted.
    if (answer.status !== 200) throw new KeySetFailure(`status ${answer.status}`);
    const document = parseStrictObject(answer.body);
    if (document === undefined) throw new KeySetFailure('no JSON object');
    return { document, headers: answer.headers };
  } catch (error) {
    if (error instanceof KeySetFailure) throw error;
    throw new KeySetFailure(error instanceof OutboundFailure ? error.kind : 'unreadable', { cause: error });
  }
}

/** RFC 9111, section 5.2.2.1. */
function maxAgeMs(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[,\s])max-age="?(\d{1,9})"?(?=[,\s]|$)/i.exec(cacheControl ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
