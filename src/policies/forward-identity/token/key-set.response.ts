import type { Exchange } from '../../../contracts/exchange.js';
import { GatewayError } from '../../../contracts/gateway-error.js';
import { UpstreamResponse, WholeBody } from '../../../contracts/upstream-response.js';
import type { IdentitySigner } from './identity.signer.js';

/** Shorter than any overlap that makes sense: a verifier that keeps the set this long never meets an unknown key late. */
const FIELDS: readonly string[] = [
  'Content-Type',
  'application/jwk-set+json',
  'Cache-Control',
  'public, max-age=300',
];

/** Answers with the public keys of the tokens this gateway signs. */
export function keySetResponse(signer: IdentitySigner): (exchange: Exchange) => UpstreamResponse {
  return ({ method }) => {
    if (method !== 'GET' && method !== 'HEAD') {
      throw new GatewayError('method-not-allowed', { headers: ['Allow', 'GET, HEAD'] });
    }
    return new UpstreamResponse(200, FIELDS, new WholeBody(Buffer.from(JSON.stringify(signer.keySet()))));
  };
}
