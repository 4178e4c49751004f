import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerUnderWay } from '../answer-under-way.js';
import { connectResponse } from '../connect.response.js';
import { lingerOnClose } from '../lingering-close.js';
import { ClientEnd } from './client-end.js';

/**
 * The response to a request that asks for a WebSocket. node:http lets go of the connection it came on; whatever is
 * answered but a 101 is the connection's last answer, and what was sent behind the request is read by nobody.
 *
 * @param head what the client sent behind its request already
 */
export function upgradeResponse(req: IncomingMessage, head: Buffer): ServerResponse {
  const { socket } = req;
  // Behind an answer that is still to come there is no handshake: it is an ordinary request in its turn.
  if (answerUnderWay(socket) !== undefined) return connectResponse(req);
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.once('finish', () => socket.destroySoon());
  socket.setTimeout(0);
  socket.on('error', destroy).on('drain', drainAnswer);
  lingerOnClose(socket);
  res.assignSocket(socket);
  new ClientEnd(req, socket, head);
  return res;
}

/** Takes the connection back from its response: no answer will be written to it. */
export function releaseConnection(res: ServerResponse, socket: Socket): void {
  res.detachSocket(socket);
  socket.removeListener('error', destroy).removeListener('drain', drainAnswer);
}

function destroy(this: Socket): void {
  this.destroy();
}

function drainAnswer(this: Socket): void {
  answerUnderWay(this)?.emit('drain');
}
