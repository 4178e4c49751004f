import type { Exchange } from '../contracts/exchange.js';
import { jsonText } from './json-text.js';
import { decimalMs } from './line-clock.js';

/** A subject is as long as its issuer likes; a log field is not. */
const SUBJECT_LIMIT = 256;

/**
 * The access log's line for a finished exchange: JSON, with its line break. The query never stands in it, for it may
 * hold secrets; nor does any header, cause or token.
 *
 * It is put together by hand because a general serialiser costs ten times as much.
 */
export function accessLine(exchange: Exchange, time: string, durationMs: number): string {
  const { route, upstream, error, principal, status } = exchange;
  let line = `{"level":"${status >= 500 ? 'warn' : 'info'}","time":"${time}","event":"request","method":${jsonText(exchange.method)}`;
  if (route !== undefined) line += `,"route":${jsonText(route.id)}`;
  line += `,"path":${jsonText(exchange.path)},"status":${status},"durationMs":${decimalMs(durationMs)}`;
  if (upstream !== undefined) {
    line += `,"upstream":${jsonText(upstream)},"upstreamStatus":${exchange.upstreamStatus},"upstreamMs":${decimalMs(exchange.upstreamMs)},"attempts":${exchange.attempts}`;
  }
  line += `,"correlationId":${jsonText(exchange.correlationId)}`;
  const subject = principal?.subject;
  if (subject !== undefined) line += `,"subject":${jsonText(subject.slice(0, SUBJECT_LIMIT))}`;
  line += `,"client":${jsonText(exchange.clientAddress)},"bytesIn":${exchange.bytesIn},"bytesOut":${exchange.bytesOut}`;
  if (error !== undefined) {
    line += `,"error":"${error.code}"`;
    if (error.policy !== undefined) line += `,"policy":${jsonText(error.policy)}`;
  }
  // `00-<32 digits trace id>-…`: leads from a log line to its trace.
  if (exchange.traceparent !== undefined) line += `,"traceId":${jsonText(exchange.traceparent.slice(3, 35))}`;
  return `${line}}\n`;
}
