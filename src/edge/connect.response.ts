import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerUnderWay } from './answer-under-way.js';
import { lingerOnClose } from './lingering-close.js';

/**
 * The response to a CONNECT request. node:http lets go of the connection it came on and leaves the answer to others;
 * the connection closes behind it, and what was sent behind the request is thrown away.
 */
export function connectResponse(req: IncomingMessage): ServerResponse {
  const { socket } = req;
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.once('finish', () => socket.destroySoon());
  // Left alone by node:http: nobody else hears of an error, or of room for an earlier answer that waits for it.
  socket.on('error', () => socket.destroy());
  socket.on('drain', () => answerUnderWay(socket)?.emit('drain'));
  lingerOnClose(socket);
  assignInTurn(res, socket);
  return res;
}

function assignInTurn(res: ServerResponse, socket: Socket): void {
  const earlier = answerUnderWay(socket);
  if (earlier !== undefined) earlier.once('close', () => assignInTurn(res, socket));
  else if (socket.writable) res.assignSocket(socket);
}
