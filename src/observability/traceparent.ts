import { createTraceState, isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { RawHeaders } from '../contracts/raw-headers.js';

// W3C Trace Context, section 3.2: version 00 has exactly four parts, later versions may add some, ff is none.
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The client's span as a parent for ours; `undefined` when it sent no valid `traceparent`, or several. */
export function readTraceparent(headers: RawHeaders): SpanContext | undefined {
  let value: string | undefined;
  let state = '';
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    // Lengths first: nearly every field is told apart by its length alone.
    if (name.length === 11 && name.toLowerCase() === 'traceparent') {
      if (value !== undefined) return undefined;
      value = headers[i + 1] as string;
    } else if (name.length === 10 && name.toLowerCase() === 'tracestate') {
      // Section 3.3.1.2: several fields are one list.
      state = state === '' ? (headers[i + 1] as string) : `${state},${headers[i + 1]}`;
    }
  }
  const match = value === undefined ? null : TRACEPARENT.exec(value);
  if (match === null || (match[1] === '00' && match[5] !== undefined)) return undefined;
  const context: SpanContext = {
    traceId: match[2] as string,
    spanId: match[3] as string,
    traceFlags: Number.parseInt(match[4] as string, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(state === '' ? {} : { traceState: createTraceState(state) }),
  };
  return isSpanContextValid(context) ? context : undefined;
}

/** The `traceparent` field that makes the span the parent of what follows. */
export function formatTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-0${context.traceFlags & TraceFlags.SAMPLED}`;
}
