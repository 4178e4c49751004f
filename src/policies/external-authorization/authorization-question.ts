import { hash } from 'node:crypto';
import type { Exchange } from '../../contracts/exchange.js';
import { checkHeaderValue } from '../../contracts/forward-call.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { EXTERNAL_AUTHORIZATION } from './external-authorization.decorator.js';
import type { ExternalAuthorizationSettings } from './external-authorization.options.js';

/** Servers take this much of a head at least. More would be refused there, and look like a server that fails. */
const SHOWN_MAX_BYTES = 8_192;

/** What is shown of a request to the server that decides. Equal questions have equal answers. */
export interface AuthorizationQuestion {
  readonly headers: Readonly<Record<string, string>>;
  readonly key: string;
}

/**
 * Makes the question about an exchange: 1. the method and the path, 2. whoever was authenticated, 3. the address, 4. the
 * client's headers that were chosen, as the upstream would see them.
 *
 * @throws GatewayError `bad-request` for credentials that came twice, `headers-too-large` beyond 8 KiB
 */
export function questionOf(
  exchange: Exchange,
  { forwardHeaders, query, clientAddress }: ExternalAuthorizationSettings,
): AuthorizationQuestion {
  // 1.
  const headers: Record<string, string> = {
    'x-forwarded-method': exchange.method,
    'x-forwarded-uri': query ? exchange.path + exchange.query : exchange.path,
  };
  // 2.
  const { subject, consumer } = exchange.principal ?? {};
  if (subject !== undefined) headers['x-authenticated-subject'] = shownText(subject);
  if (consumer !== undefined) headers['x-consumer-id'] = shownText(consumer.id);
  // 3.
  if (clientAddress) headers['x-forwarded-for'] = exchange.clientAddress;
  // 4.
  if (forwardHeaders.length > 0) addChosen(headers, exchange.req.rawHeaders, forwardHeaders);
  checkShown(headers);
  return { headers, key: hash('sha256', JSON.stringify(headers), 'latin1') };
}

function addChosen(headers: Record<string, string>, raw: readonly string[], chosen: readonly string[]): void {
  const nominated = nominatedNames(raw);
  for (const name of chosen) {
    // What the client's own Connection names, no upstream gets to see (RFC 9110, section 7.6.1).
    const value = nominated?.has(name) ? undefined : fieldValue(raw, name);
    if (value !== undefined) headers[name] = value;
  }
}

function fieldValue(raw: readonly string[], wanted: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() !== wanted) continue;
    const next = raw[i + 1] as string;
    if (value === undefined) {
      value = next;
      continue;
    }
    // Two readers could each believe another one.
    if (wanted === 'authorization') throw refused('The Authorization header was sent more than once.');
    // RFC 9110, section 5.3, and for cookies RFC 9113, section 8.2.3.
    value += (wanted === 'cookie' ? '; ' : ', ') + next;
  }
  return value;
}

function nominatedNames(raw: readonly string[]): ReadonlySet<string> | undefined {
  const connection = fieldValue(raw, 'connection');
  return connection === undefined
    ? undefined
    : new Set(connection.split(',').map((option) => option.trim().toLowerCase()));
}

/** What cannot be sent must not look like a server that cannot be reached. */
function checkShown(headers: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    bytes += name.length + value.length;
    try {
      checkHeaderValue(name, value);
    } catch {
      throw refused('A header holds a character that it may not hold.');
    }
  }
  if (bytes > SHOWN_MAX_BYTES) {
    throw new GatewayError('headers-too-large', { policy: EXTERNAL_AUTHORIZATION });
  }
}

function refused(detail: string): GatewayError {
  return new GatewayError('bad-request', { detail, policy: EXTERNAL_AUTHORIZATION });
}

/**
 * A subject or an id, in a header: percent-encoded where it holds anything but visible ASCII, the percent sign
 * included, so that no two of them look alike.
 */
function shownText(text: string): string {
  return text.replace(/[^\x21-\x24\x26-\x7e]/gu, (sign) =>
    // A lone half of a pair, which UTF-8 cannot say, is written with its number.
    /^[\ud800-\udfff]$/u.test(sign)
      ? `%u${sign.charCodeAt(0).toString(16).toUpperCase()}`
      : percentEncoded(sign),
  );
}

function percentEncoded(sign: string): string {
  return [...Buffer.from(sign)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
