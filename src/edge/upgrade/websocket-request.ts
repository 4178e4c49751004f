import type { IncomingMessage } from 'node:http';
import { answerUnderWay } from '../answer-under-way.js';

const WEBSOCKET = /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i;

/**
 * Whether node:http shall let go of a request's connection: it asks for a WebSocket and nothing else
 * (RFC 6455, section 4.2.1). Every other `Upgrade` is left out of an ordinary request (RFC 9110, section 7.8).
 */
export function asksForWebSocket(req: IncomingMessage): boolean {
  const { method, httpVersionMajor, httpVersionMinor, headers, socket } = req;
  if (method !== 'GET' || httpVersionMajor !== 1 || httpVersionMinor !== 1) return false;
  return WEBSOCKET.test(headers.upgrade ?? '') && answerUnderWay(socket) === undefined;
}
