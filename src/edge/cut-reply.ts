import type { DownstreamReply } from '../contracts/downstream.js';
import { cutConnection } from './cut-connection.js';

/**
 * Ends an answer that cannot be completed, so that no client takes what it got for the whole.
 *
 * Missing bytes tell it by themselves where a length was declared, and a missing last chunk where chunks are sent.
 * Where the end of the connection is the end of the body, as for HTTP/1.0 clients, only a reset does.
 */
export function cutReply(res: DownstreamReply, lengthDeclared: boolean): void {
  const { socket } = res;
  if (res.headersSent && !lengthDeclared && !res.chunkedEncoding && socket !== null) cutConnection(socket);
  else res.destroy();
}
