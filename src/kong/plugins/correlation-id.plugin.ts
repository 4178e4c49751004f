import type { Exchange } from '../../contracts/exchange.js';
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
    shared: true,

    compile({ instance: { config } }) {
      const { headerName, generator, echoDownstream } = config;
      const field = headerName.toLowerCase();
      if (field === CORRELATION_FIELD) return {};
      const generate = generators[generator];
      const given = new WeakMap<Exchange, string>();

      const before = (exchange: Exchange): void => {
        const sent = headerValue(exchange.req.rawHeaders, field);
        if (sent !== undefined && sent !== '') return;
        const id = generate(exchange);
        given.set(exchange, id);
        exchange.call = exchange.call?.withEdits([{ kind: 'set', name: field, value: id }]);
      };
      if (!echoDownstream) return { before };
      return {
        before,
        dress: (exchange, headers) => {
          const id = given.get(exchange) ?? headerValue(exchange.req.rawHeaders, field);
          // Whoever is answered before the plugin's turn gets an id too.
          return withHeader(headers, headerName, id || generate(exchange));
        },
      };
    },
  };
}

type Generators = ReturnType<typeof correlationIdGenerators>;

export const correlationIdPlugin = correlationIdPluginOf();
