import type { Exchange } from '../../contracts/exchange.js';
import { headerValue } from '../../contracts/raw-headers.js';
import { bodyLimitStage } from '../../policies/body-limit/body-limit.stage.js';
import type { KongPluginMapping } from './kong-plugin.js';
import { KongRefusal } from './kong-refusal.js';

const NAME = 'request-size-limiting';
const UNIT_BYTES = { bytes: 1, kilobytes: 1024, megabytes: 1024 ** 2 } as const;

/** Kong's request-size-limiting: the gateway's body limit, behind authentication as Kong orders it. */
export const REQUEST_SIZE_LIMITING_PLUGIN: KongPluginMapping<typeof NAME> = {
  name: NAME,
  priority: 951,
  stage: 'admission',
  shared: true,

  compile({ instance: { config } }) {
    const limit = bodyLimitStage(config.allowedPayloadSize * UNIT_BYTES[config.sizeUnit], tooLarge);
    if (!config.requireContentLength) return { before: limit };
    return {
      before: (exchange) => {
        requireContentLength(exchange);
        return limit(exchange);
      },
    };
  },
};

function tooLarge({ req }: Exchange): KongRefusal {
  // The edge has refused every other expectation.
  const status = headerValue(req.rawHeaders, 'expect') === undefined ? 413 : 417;
  return new KongRefusal(
    'body-too-large',
    { status, message: 'Request size limit exceeded' },
    { policy: NAME },
  );
}

/** Kong asks for the field, also of requests that have no body; chunks are let off. */
function requireContentLength({ req: { rawHeaders } }: Exchange): void {
  if (headerValue(rawHeaders, 'content-length') !== undefined) return;
  if (headerValue(rawHeaders, 'transfer-encoding')?.toLowerCase() === 'chunked') return;
  throw new KongRefusal(
    'length-required',
    { status: 411, message: 'A valid Content-Length header is required' },
    { policy: NAME },
  );
}
