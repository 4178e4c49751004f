import type { Exchange } from '../../contracts/exchange.js';
import { EMPTY_BODY, UpstreamResponse, WholeBody } from '../../contracts/upstream-response.js';
import { readSentBody, sentRequest } from '../../policies/terminate/sent-request.js';
import { withoutCredentials } from '../../policies/terminate/terminate.answer.js';
import { type OwnAnswer, terminateStage } from '../../policies/terminate/terminate.stage.js';
import type { KongRoute, KongService } from '../kong-configuration.js';
import type { KongPluginMapping, PluginPlace } from './kong-plugin.js';

type Place = PluginPlace<'request-termination'>;

/** Kong's request-termination: the stage of the gateway's `@Terminate`, with Kong's answers. */
export const REQUEST_TERMINATION_PLUGIN: KongPluginMapping<'request-termination'> = {
  name: 'request-termination',
  priority: 2,
  stage: 'shape',

  check({ instance: { config } }) {
    const { statusCode, contentType = JSON_TYPE } = config;
    const problems: string[] = [];
    if (statusCode < 200 || statusCode > 599) {
      problems.push(
        `status_code is ${statusCode}; must be 200–599: a status below announces an answer and is none.`,
      );
    }
    if (!/^[\x21-\x7e][\x20-\x7e]*$/.test(contentType)) {
      problems.push(`content_type is ${JSON.stringify(contentType)}; must be a media type.`);
    }
    return problems;
  },

  compile(place) {
    return { before: terminateStage(place.instance.config.trigger, answerOf(place)) };
  },
};

/** What Kong says where nothing is configured. */
const MESSAGES: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not found',
  405: 'Method not allowed',
  500: 'An unexpected error occurred',
  502: 'Bad Gateway',
  503: 'Service unavailable',
};

const JSON_TYPE = 'application/json; charset=utf-8';

function answerOf(place: Place): OwnAnswer {
  const { statusCode, body, contentType, echo } = place.instance.config;
  const message = place.instance.config.message ?? MESSAGES[statusCode];
  if (echo) return (exchange) => echoAnswer(exchange, place, message);
  if (body !== undefined) return fixed(statusCode, contentType ?? JSON_TYPE, body);
  if (message !== undefined) return fixed(statusCode, JSON_TYPE, JSON.stringify({ message }));
  return () => new UpstreamResponse(statusCode, [], EMPTY_BODY);
}

function fixed(status: number, contentType: string, body: string): OwnAnswer {
  const bytes = new WholeBody(Buffer.from(body));
  return () => new UpstreamResponse(status, ['Content-Type', contentType], bytes);
}

async function echoAnswer(
  exchange: Exchange,
  { instance, route, service, strict }: Place,
  message: string | undefined,
): Promise<UpstreamResponse> {
  const body = (await readSentBody(exchange))?.toString();
  const sent = sentRequest(exchange);
  const request = strict ? sent : withoutCredentials(sent);
  return UpstreamResponse.json(
    {
      message,
      request: { ...request, raw_body: body },
      matched_route: route && routeEntity(route, service),
      matched_service: service && serviceEntity(service, strict),
    },
    instance.config.statusCode,
  );
}

function routeEntity(route: KongRoute, service: KongService | undefined) {
  return {
    id: route.id,
    name: route.name,
    protocols: route.protocols,
    methods: some(route.methods),
    hosts: some(route.hosts),
    paths: some(route.paths),
    strip_path: route.stripPath,
    preserve_host: route.preserveHost,
    regex_priority: route.regexPriority,
    https_redirect_status_code: route.httpsRedirectStatusCode,
    service: service && { id: service.id },
    tags: some(route.tags),
  };
}

/** Where a service is, is nobody's business but Kong tells it. */
function serviceEntity(service: KongService, withAddress: boolean) {
  const { id, name, protocol, host, port, path, tags } = service;
  return { id, name, ...(withAddress && { protocol, host, port, path }), tags: some(tags) };
}

function some<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}
