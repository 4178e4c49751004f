import { EarlyAnswer } from '../../contracts/early-answer.js';
import type { Exchange } from '../../contracts/exchange.js';
import { headerValue, type RawHeaders, withHeader, withoutHeader } from '../../contracts/raw-headers.js';
import { EMPTY_BODY, UpstreamResponse } from '../../contracts/upstream-response.js';
import { varyBy } from '../../contracts/vary.js';
import type { KongCorsConfig } from '../kong-plugins.js';
import { type OriginRule, originProblems, originRule } from './cors/origin-rule.js';
import type { KongPluginMapping } from './kong-plugin.js';

/**
 * Kong's cors, which is another thing than `@Cors`: a preflight is a request that must match a route by its own method,
 * runs through the plugins in front, and is answered 200 without a judgement of what it asks for.
 */
export const CORS_PLUGIN: KongPluginMapping<'cors'> = {
  name: 'cors',
  priority: 2_000,
  stage: 'admission',
  shared: true,

  check({ instance: { config } }) {
    const { origins = [], methods, headers = [], exposedHeaders = [] } = config;
    return [
      ...originProblems(origins),
      ...nameProblems('methods', methods),
      ...nameProblems('headers', headers),
      ...nameProblems('exposed_headers', exposedHeaders),
    ];
  },

  compile({ instance: { config } }) {
    const rule = originRule(config.origins);
    return {
      before: (exchange) => {
        if (config.preflightContinue || !isPreflight(exchange)) return;
        throw new EarlyAnswer(new UpstreamResponse(200, preflightFields(exchange, config, rule), EMPTY_BODY));
      },
      dress: (exchange, headers) => {
        // An answered preflight has its fields, and one that was let through is the upstream's.
        if (isPreflight(exchange)) return headers;
        const origin = headerValue(exchange.req.rawHeaders, 'origin');
        if (origin === undefined && !config.allowOriginAbsent) return headers;
        const fields = originFields(headers, origin, config, rule);
        const { exposedHeaders = [] } = config;
        if (exposedHeaders.length === 0) return fields;
        return withHeader(fields, 'Access-Control-Expose-Headers', exposedHeaders.join(','));
      },
    };
  },
};

/** Kong joins whatever it is given, so that an entry may hold several names. */
const NAMES = /^[\x21-\x7e][\x20-\x7e]*$/;

function nameProblems(group: string, names: readonly string[]): readonly string[] {
  return names
    .filter((name) => !NAMES.test(name))
    .map(
      (name) => `${group}: ${JSON.stringify(name)} cannot stand in a header; write names in plain letters.`,
    );
}

function isPreflight({ method, req: { rawHeaders } }: Exchange): boolean {
  return (
    method === 'OPTIONS' &&
    headerValue(rawHeaders, 'origin') !== undefined &&
    headerValue(rawHeaders, 'access-control-request-method') !== undefined
  );
}

function preflightFields(exchange: Exchange, config: KongCorsConfig, rule: OriginRule): RawHeaders {
  const { rawHeaders } = exchange.req;
  const fields = originFields([], headerValue(rawHeaders, 'origin'), config, rule);
  const { headers = [], methods, maxAge, privateNetwork } = config;
  const allowed =
    headers.length > 0 ? headers.join(',') : headerValue(rawHeaders, 'access-control-request-headers');
  if (allowed !== undefined) fields.push('Access-Control-Allow-Headers', allowed);
  fields.push('Access-Control-Allow-Methods', methods.join(','));
  if (maxAge !== undefined) fields.push('Access-Control-Max-Age', String(maxAge));
  if (privateNetwork && headerValue(rawHeaders, 'access-control-request-private-network') === 'true') {
    fields.push('Access-Control-Allow-Private-Network', 'true');
  }
  return fields;
}

/** The fields of an answer with those that say which origin may read it, and whether with credentials. */
function originFields(
  headers: RawHeaders,
  origin: string | undefined,
  { credentials }: KongCorsConfig,
  rule: OriginRule,
): string[] {
  const { allowed, everybody } = rule.judge(origin);
  // With credentials a browser takes no "*": whoever asks is named.
  const reflects = everybody && credentials && origin !== undefined;
  const value = reflects ? origin : allowed;
  const judged =
    value === undefined
      ? withoutHeader(headers, 'access-control-allow-origin')
      : withHeader(headers, 'Access-Control-Allow-Origin', value);
  const fields = rule.varies || reflects ? varyBy(judged, 'Origin') : judged;
  if (!credentials || (everybody && !reflects)) return fields;
  return withHeader(fields, 'Access-Control-Allow-Credentials', 'true');
}
