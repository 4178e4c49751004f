import { createHash } from 'node:crypto';
import { headerValue, type RawHeaders } from '../../contracts/raw-headers.js';
import type { ResponseHead } from '../http1/response-head.js';

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What a server proves that it has read a handshake with (RFC 6455, section 4.2.2, step 5.4). */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/**
 * Why a 101 is no answer to the handshake that was sent (RFC 6455, section 4.1): the client would find out, and by then
 * the gateway would have opened a tunnel to something that speaks another protocol. `undefined` when it is one.
 *
 * @param sent the handshake's own fields
 */
export function switchProblem(head: ResponseHead, sent: RawHeaders): string | undefined {
  if (head.length >= 0 || head.chunked) return 'the 101 announces a body';
  if (head.upgrade?.toLowerCase() !== 'websocket') return 'the 101 switches to another protocol';
  if (head.named?.includes('upgrade') !== true) return 'the 101 does not name Upgrade in Connection';
  const [accept, ...more] = valuesOf(head.headers, 'sec-websocket-accept');
  if (more.length > 0 || accept !== acceptOf(headerValue(sent, 'sec-websocket-key') ?? '')) {
    return 'the 101 does not answer the key';
  }
  const protocols = valuesOf(head.headers, 'sec-websocket-protocol');
  const offered = listOf(sent, 'sec-websocket-protocol');
  if (protocols.length > 1 || !protocols.every((protocol) => offered.includes(protocol))) {
    return 'the 101 names a subprotocol that was not offered';
  }
  const extensions = listOf(sent, 'sec-websocket-extensions').map(extensionName);
  const chosen = listOf(head.headers, 'sec-websocket-extensions').map(extensionName);
  return chosen.every((name) => extensions.includes(name))
    ? undefined
    : 'the 101 names an extension that was not offered';
}

function valuesOf(headers: RawHeaders, lowerCaseName: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === lowerCaseName) values.push(headers[i + 1] as string);
  }
  return values;
}

/** The members of a list, whose parameters may hold commas in quotes (RFC 6455, section 9.1). */
function listOf(headers: RawHeaders, lowerCaseName: string): string[] {
  return valuesOf(headers, lowerCaseName)
    .flatMap((value) => value.match(/(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/g) ?? [])
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

const extensionName = (member: string): string => (member.split(';')[0] as string).trim().toLowerCase();
