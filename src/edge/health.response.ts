import { UpstreamResponse, WholeBody } from '../contracts/upstream-response.js';

const HEADERS: readonly string[] = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];
const UP = Buffer.from('{"status":"up"}');
const DOWN = Buffer.from('{"status":"down"}');

/** What the traffic port tells the public about health: up or down, nothing else. */
export function healthResponse(up: boolean): UpstreamResponse {
  return new UpstreamResponse(up ? 200 : 503, HEADERS, new WholeBody(up ? UP : DOWN));
}
