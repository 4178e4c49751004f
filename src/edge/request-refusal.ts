import { isSoundQuery } from '../contracts/canonical-path.js';
import type { DownstreamRequest, FramedRequest } from '../contracts/downstream.js';
import { GatewayError } from '../contracts/gateway-error.js';
import { framingProblem } from './body-framing.js';
import { canMeetExpectation } from './expectation.js';
import type { RequestFields } from './request-fields.js';
import { RequestHosts } from './request-host.js';
import { isHttpMethod } from './request-method.js';

/** What a request may measure. */
export interface IntakeLimits {
  readonly maxUrlBytes: number;
  readonly maxHeaderCount: number;
  /** Counted here where fields come in frames; node:http counts those of HTTP/1.1. */
  readonly maxHeaderBytes: number;
}

/**
 * Says why a request must not be served, whatever route it wants: what node:http lets through and a gateway must not.
 * `undefined` when nothing speaks against it.
 *
 * 1. size  2. method and version  3. `Host`  4. framing  5. target  6. path and query  7. `Expect`
 */
export function refusalOf(
  req: DownstreamRequest,
  fields: RequestFields,
  target: string | undefined,
  path: string | undefined,
  query: string,
  limits: IntakeLimits,
): GatewayError | undefined {
  const { framed, httpVersionMajor, httpVersionMinor, method } = req;
  // 1
  if ((req.url as string).length > limits.maxUrlBytes) return new GatewayError('uri-too-long');
  if (req.rawHeaders.length > limits.maxHeaderCount * 2) return new GatewayError('headers-too-large');
  if (framed !== undefined && isTooLarge(framed, limits)) return new GatewayError('headers-too-large');
  // 2
  if (method === 'CONNECT') return new GatewayError('method-not-allowed', { headers: NO_METHOD });
  // A version that is written in the message is one of two.
  if (framed === undefined && httpVersionMajor !== 1) {
    return malformed('The version is neither HTTP/1.1 nor HTTP/1.0.');
  }
  if (!isHttpMethod(method as string)) return malformed('The method is none that this gateway serves.');
  // 3
  const { host, hosts } = fields;
  if (hosts > 1) return malformed('The Host header was sent more than once.');
  const isOld = framed === undefined && httpVersionMinor === 0;
  if (host === undefined ? !isOld : !HOSTS.isSound(host)) {
    return malformed('The Host header must name one host.');
  }
  // 4
  const framing = framingProblem(fields, isOld ? 0 : 1);
  if (framing !== undefined) return malformed(framing);
  // 5
  if (target === undefined) return malformed('The request target is none that this gateway serves.');
  // 6
  if (path === undefined) return new GatewayError('ambiguous-path');
  if (query !== '' && !isSoundQuery(query)) {
    return malformed('The query holds a character that must be percent-encoded.');
  }
  // 7
  return canMeetExpectation(fields) ? undefined : new GatewayError('expectation-failed');
}

/** Crumbs of one cookie count each before they are joined, or a few indexed bytes would become a megabyte. */
function isTooLarge({ fieldCount, fieldBytes }: FramedRequest, limits: IntakeLimits): boolean {
  return fieldCount > limits.maxHeaderCount || fieldBytes > limits.maxHeaderBytes;
}

const HOSTS = new RequestHosts();

/** RFC 9110, section 15.5.6: a 405 says what is allowed; a tunnel is not, wherever it leads. */
const NO_METHOD: readonly string[] = Object.freeze(['Allow', '']);

function malformed(detail: string): GatewayError {
  return new GatewayError('bad-request', { detail });
}
