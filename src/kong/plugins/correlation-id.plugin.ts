import type { Exchange } from '../../contracts/exchange.js';
import { checkHeaderName } from '../../contracts/forward-call.js';
import { headerValue, withHeader } from '../../contracts/raw-headers.js';
import { CORRELATION_FIELD } from '../../policies/correlation-id/correlation-id.js';
import { correlationIdGenerators } from './correlation-id.generators.js';
import type { KongPluginMapping } from './kong-plugin.js';

/**
 * Kong's correlation-id: a header that names a request, made where the client sent none.
 *
 * The gateway has an id of its own for every exchange, which stands in `X-Correlation-ID` on both sides. A plugin that
 * names that header has its work done already: a second id in the same field would part answer, log and upstream.
 */
export function correlationIdPluginOf(
  generators: Generators = correlationIdGenerators(),
): KongPluginMapping<'correlation-id'> {
  return {
    name: 'correlation-id',
    priority: 100_001,
    stage: 'admission',
    shared: true,

    check({ instance: { config } }) {
      return headerNameProblems(config.headerName);
    },

    compile({ instance: { config } }) {
      const { headerName, generator, echoDownstream } = config;
      const field = headerName.toLowerCase();
      if (field === CORRELATION_FIELD) return {};
      const generate = generators[generator];
      const made = new WeakMap<Exchange, string>();

      /** One for each exchange, whoever asks first: an answer may come before the plugin's turn. */
      const makeOnce = (exchange: Exchange): string => {
        const known = made.get(exchange);
        if (known !== undefined) return known;
        const id = generate(exchange);
        made.set(exchange, id);
        return id;
      };
      const before = (exchange: Exchange): void => {
        if (sentId(exchange, field) !== undefined) return;
        exchange.call = exchange.call?.withEdits([{ kind: 'set', name: field, value: makeOnce(exchange) }]);
      };
      if (!echoDownstream) return { before };
      return {
        before,
        dress: (exchange, headers) =>
          withHeader(headers, headerName, sentId(exchange, field) ?? makeOnce(exchange)),
      };
    },
  };
}

function headerNameProblems(name: string): readonly string[] {
  try {
    if (checkHeaderName(name) !== 'host') return [];
    return ['header_name is "host", which says where a request goes; it must be a header of its own.'];
  } catch (error) {
    return [`header_name: ${(error as Error).message}`];
  }
}

/** An empty value is none. */
function sentId({ req }: Exchange, field: string): string | undefined {
  const sent = headerValue(req.rawHeaders, field);
  return sent === '' ? undefined : sent;
}

type Generators = ReturnType<typeof correlationIdGenerators>;

export const CORRELATION_ID_PLUGIN = correlationIdPluginOf();
