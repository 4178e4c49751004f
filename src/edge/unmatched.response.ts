import { GatewayError } from '../contracts/gateway-error.js';
import { EMPTY_BODY, UpstreamResponse } from '../contracts/upstream-response.js';

/** What a request is answered that no route takes, by the methods that its path does take. */
export function unmatchedAnswer(method: string, allowed: readonly string[]): UpstreamResponse | GatewayError {
  if (allowed.length > 0 && method === 'OPTIONS') return optionsResponse(allowed);
  // A route that takes the method and was not taken wants another host or version.
  if (allowed.length === 0 || allowed.includes(method)) return new GatewayError('route-not-found');
  return new GatewayError('method-not-allowed', { headers: allowField(allowed) });
}

/** An OPTIONS request that no route takes is answered with what the path takes (RFC 9110, section 9.3.7). */
export function optionsResponse(methods: readonly string[]): UpstreamResponse {
  return new UpstreamResponse(204, methods.length === 0 ? [] : allowField(methods), EMPTY_BODY);
}

function allowField(methods: readonly string[]): readonly string[] {
  return ['Allow', methods.join(', ')];
}
