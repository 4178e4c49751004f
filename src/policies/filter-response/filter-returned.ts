import { GatewayError } from '../../contracts/gateway-error.js';
import { parseExact } from '../json-body/exact-json.js';
import { UnreadableBody } from '../json-body/unreadable-body.js';
import type { CompiledFilter } from './compiled-filter.js';
import { FILTER_RESPONSE } from './filter-response.decorator.js';

/**
 * Filters what the handler of an ordinary controller returned.
 *
 * The value goes through JSON first, so that `toJSON` of an entity or a date has spoken before fields are looked for.
 * A string is sent as it is and so has to be JSON itself. Bytes and streams cannot be looked into and are refused.
 */
export function filterReturned(value: unknown, filter: CompiledFilter): unknown {
  if (value === undefined || value === null) return value;
  if (ArrayBuffer.isView(value) || isStream(value)) throw refusal('bytes or a stream');
  const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
  // A function or a symbol has no JSON.
  if (text === undefined) throw refusal('a value that is not JSON');
  if (text === '') return value;
  let filtered: string;
  try {
    filtered = filter(parseExact(Buffer.from(text)));
  } catch (error) {
    if (error instanceof UnreadableBody) throw refusal(`a value ${error.reason}`);
    throw error;
  }
  return typeof value === 'string' ? filtered : JSON.parse(filtered);
}

/** A Node stream, or Nest's StreamableFile around one. */
function isStream(value: unknown): boolean {
  const { pipe, getStream } = value as { pipe?: unknown; getStream?: unknown };
  return typeof pipe === 'function' || typeof getStream === 'function';
}

function refusal(what: string): GatewayError {
  return new GatewayError('internal', {
    policy: FILTER_RESPONSE,
    cause: new TypeError(`A filtered handler returned ${what}; return an object, or mark it @Unfiltered.`),
  });
}
