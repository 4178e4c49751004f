import type { ServerResponse } from 'node:http';
import type { Exchange } from '../../contracts/exchange.js';
import { headerSection } from '../../contracts/header-section.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';

/** Fields that somebody may have set on the response and that do not stand on a 101. */
const NOT_OURS =
  /^(?:x-correlation-id|connection|upgrade|content-length|transfer-encoding|sec-websocket-.*)$/i;

/**
 * The 101 that a client reads: the upstream's end-to-end fields, those that policies and Express set, and the switch
 * itself (RFC 6455, section 4.2.2).
 *
 * @throws TypeError when a field cannot be written
 */
export function switchHead(exchange: Exchange, { headers }: UpstreamResponse): string {
  const fields = ['Upgrade', 'websocket', 'Connection', 'Upgrade'];
  const written = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.toLowerCase() === 'x-correlation-id') continue;
    fields.push(name, headers[i + 1] as string);
    written.add(name.toLowerCase());
  }
  // Cookies of both sides stand side by side; of everything else the route's own word counts, as on any answer.
  written.delete('set-cookie');
  // Only HTTP/1.1 switches.
  const res = exchange.res as ServerResponse;
  for (const name of exchange.handedOver ? res.getHeaderNames() : []) {
    if (NOT_OURS.test(name) || written.has(name.toLowerCase())) continue;
    for (const value of [res.getHeader(name) ?? []].flat()) fields.push(name, String(value));
  }
  fields.push(...exchange.replyHeaders, 'X-Correlation-ID', exchange.correlationId);
  return `HTTP/1.1 101 Switching Protocols\r\n${headerSection(fields)}\r\n`;
}
