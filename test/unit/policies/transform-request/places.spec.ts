import { describe, expect, it } from 'vitest';
import { ClientClaims } from '../../../../src/contracts/client-claims.js';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { IdentityHeaders } from '../../../../src/contracts/identity-headers.js';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';
import type { TransformRequestOptions } from '../../../../src/policies/transform-request/transform-request.options.js';
import { transformRequestStage } from '../../../../src/policies/transform-request/transform-request.stage.js';
import { counting, editedHeaders, exchangeOf } from './call.fixture.js';

const CLIENT = ['X-Name', 'ann', 'Accept', 'a/b', 'Accept', 'c/d', 'X-Latin', '\xe9', 'X-Utf8', '\xc3\xa9'];

function client(
  headers: readonly string[] = CLIENT,
  query = '?user=bob&user=eve&utf8=%C3%A9&blank=a+b&empty&lf=%0D%0AX:%20y&nul=%00',
): Exchange {
  const exchange = exchangeOf(headers, query);
  exchange.route = { paramNames: ['id', 'rest'] } as unknown as RouteFacts;
  exchange.params = ['7', 'a/b é'];
  return exchange;
}

function shaped(options: TransformRequestOptions, exchange = client(), claims?: ClientClaims): Exchange {
  void transformRequestStage(options, counting(), claims)(exchange);
  return exchange;
}

/** What a header becomes that holds this value, among those of a client. */
const written = (value: string, exchange?: Exchange): readonly string[] =>
  editedHeaders(shaped({ headers: { set: { 'X-Made': value } } }, exchange)).slice(CLIENT.length);

describe('a place in a header', () => {
  it.each([
    ['$(headers["x-name"])', 'ann'],
    ['$(headers.x_name)', 'ann'],
    ['$(headers["X-NAME"])', 'ann'],
    ['<$(headers.accept)>', '<a/b, c/d>'],
    ['$(query_params.user)', 'bob'],
    ['$(query_params.blank)', 'a b'],
    ['$(query_params.empty)', ''],
    ['$(uri_captures.id)', '7'],
    ['$(uri_captures[1])-$(uri_captures.id)', '7-7'],
    ['$(headers["x-latin"])', '\xe9'],
    ['$(headers["x-utf8"])', '\xc3\xa9'],
    ['$(query_params.utf8)', '\xc3\xa9'],
    ['$(uri_captures.rest)', 'a/b \xc3\xa9'],
    ['$(uuid) $(uuid)', 'id-1 id-2'],
    ['a$(headers.absent)b', 'ab'],
  ])('%s', (value, text) => {
    expect(written(value)).toEqual(['x-made', text]);
  });

  it.each(['$(headers.absent)', '$(query_params.absent)', '$(uri_captures.absent)', '$(uri_captures[3])'])(
    'that is all there is and absent writes nothing: %s',
    (value) => {
      expect(written(value)).toEqual([]);
    },
  );

  it.each(['$(query_params.lf)', 'a$(query_params.nul)'])('cannot end the field: %s is a 400', (value) => {
    expect(() => written(value)).toThrow(
      expect.objectContaining({ code: 'bad-request', policy: 'transform-request' }),
    );
  });

  it('reads the request as it came, whatever else is edited', () => {
    const exchange = shaped({
      headers: { remove: ['X-Name'], set: { 'X-A': '$(headers["x-name"])', 'X-B': '$(headers["x-a"])' } },
      query: { remove: ['user'], add: { who: '$(query_params.user)' } },
    });

    expect(editedHeaders(exchange).slice(CLIENT.length - 2)).toEqual(['x-a', 'ann']);
    expect(exchange.call?.query).toMatch(/&who=bob$/);
  });

  it('does not see what an earlier policy took away', () => {
    const exchange = client();
    exchange.call = exchange.call?.withoutHeader('X-Name').withQuery({ user: undefined });

    shaped({ headers: { set: { 'X-Made': '[$(headers["x-name"])$(query_params.user)]' } } }, exchange);

    expect(editedHeaders(exchange).at(-1)).toBe('[]');
  });
});

describe('a header that no client is believed in', () => {
  const FORGED = [
    'X-Consumer-Username',
    'root',
    'X_Consumer_Username',
    'root',
    'X-Real-IP',
    '1.1.1.1',
    'X-User',
    'root',
  ];
  const value = (name: string, exchange = client(FORGED), claims?: ClientClaims) =>
    editedHeaders(shaped({ headers: { set: { 'X-Made': `<$(headers["${name}"])>` } } }, exchange, claims)).at(
      -1,
    );

  it.each(['x-consumer-username', 'X_Consumer_Username', 'x-real-ip'])(
    'is absent as the client sends it: %s',
    (name) => {
      expect(value(name)).toBe('<>');
    },
  );

  it('is absent too when a policy claims its name, later than the edit was declared', () => {
    const identity = new IdentityHeaders();
    const claims = new ClientClaims(identity);

    expect(value('x-user', client(FORGED), claims)).toBe('<root>');
    identity.claim('X-User');

    expect(value('x-user', client(FORGED), claims)).toBe('<>');
  });

  it('is what the gateway tells of the caller', () => {
    const exchange = client(FORGED);
    exchange.identity = { names: new Set(['x-consumer-username']), fields: ['X-Consumer-Username', 'ann'] };

    expect(value('x-consumer-username', exchange)).toBe('<ann>');
  });

  it("is the exchange's id where it carries that", () => {
    const exchange = client(['X-Correlation-ID', '"}{']);

    expect(value('x-correlation-id', exchange)).toBe(`<${exchange.correlationId}>`);
  });
});

describe('Host', () => {
  it('can be made of what the client sent, when that is a host', () => {
    const exchange = shaped(
      { headers: { replace: { Host: '$(headers["x-to"]).internal:80' } } },
      client(['Host', 'a', 'X-To', 'b']),
    );

    expect(editedHeaders(exchange)).toEqual(['X-To', 'b', 'host', 'b.internal:80']);
  });

  it.each(['a/b', 'a b', 'a@b', 'a?b', '\xe9'])('is never made of %j', (sent) => {
    const edits = { headers: { set: { Host: '$(headers["x-to"])' } } };

    expect(() => shaped(edits, client(['Host', 'a', 'X-To', sent]))).toThrow(
      expect.objectContaining({ code: 'bad-request' }),
    );
  });
});

describe('a place in the query', () => {
  it.each([
    ['$(headers["x-utf8"])', '%C3%A9'],
    ['$(headers["x-latin"])', '%C3%A9'],
    ['$(query_params.utf8)', '%C3%A9'],
    ['$(query_params.lf)', '%0D%0AX%3A%20y'],
    ['$(query_params.nul)0', '%000'],
    ['a&b=$(query_params.user)#', 'a%26b%3Dbob%23'],
  ])('is written so that it is one value: %s', (value, text) => {
    const exchange = shaped({ query: { set: { user: value } } }, client());

    expect(exchange.call?.query).toBe(`?utf8=%C3%A9&blank=a+b&empty&lf=%0D%0AX:%20y&nul=%00&user=${text}`);
  });
});
