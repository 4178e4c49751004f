import { describe, expect, it } from 'vitest';
import { applyEdits, foldHeaderName } from '../../../../src/contracts/header-edit.js';
import type { KongCorrelationIdConfig } from '../../../../src/kong/kong-plugins.js';
import { correlationIdGenerators } from '../../../../src/kong/plugins/correlation-id.generators.js';
import {
  CORRELATION_ID_PLUGIN,
  correlationIdPluginOf,
} from '../../../../src/kong/plugins/correlation-id.plugin.js';
import { placeOf, type Sent, sentExchange, valuesOf } from '../../../support/kong-plugin.place.js';

const DEFAULTS: KongCorrelationIdConfig = {
  headerName: 'Kong-Request-ID',
  generator: 'uuid#counter',
  echoDownstream: false,
};

/** Ids that can be told beforehand. */
function counted() {
  let uuids = 0;
  return correlationIdGenerators({ uuid: () => `uuid-${++uuids}`, seconds: () => 1_700_000_000.25, pid: 77 });
}

function compiled(config: Partial<KongCorrelationIdConfig> = {}, generators = counted()) {
  return correlationIdPluginOf(generators).compile(placeOf('correlation-id', { ...DEFAULTS, ...config }));
}

/** The values the upstream and the client are given. */
function given(plugin: ReturnType<typeof compiled>, name: string, sent: Sent = {}, upstream: string[] = []) {
  const exchange = sentExchange(sent);
  void plugin.before?.(exchange);
  const forwarded = applyEdits(exchange.req.rawHeaders, exchange.call?.headerEdits ?? [], foldHeaderName);
  return {
    forwarded: valuesOf(forwarded, name),
    answered: valuesOf(plugin.dress?.(exchange, upstream) ?? upstream, name),
  };
}

describe('correlation-id', () => {
  it.each([
    ['§6 correlation-id: uuid', 'uuid', ['uuid-2', 'uuid-3']],
    ['§6 correlation-id: uuid#counter, one UUID for the process', 'uuid#counter', ['uuid-1#1', 'uuid-1#2']],
    [
      '§6 correlation-id: tracker, address-port-pid-connection-request-time',
      'tracker',
      ['10.1.1.1-8000-77-1-1-1700000000.250', '10.1.1.1-8000-77-1-2-1700000000.250'],
    ],
  ] as const)('%s', (_, generator, ids) => {
    const plugin = compiled({ generator });
    const socket = { localAddress: '::ffff:10.1.1.1', localPort: 8000 };

    const made = ids.map(() => given(plugin, 'kong-request-id', { socket }).forwarded);

    expect(made).toEqual(ids.map((id) => [id]));
  });

  it('§6 correlation-id: tracker numbers connections, whatever runs on them', () => {
    const plugin = compiled({ generator: 'tracker' });
    const connection = { localAddress: '10.1.1.1', localPort: 8000 };

    const made = [{ connection }, { connection }, { localAddress: '10.1.1.1', localPort: 8000 }].map(
      (socket) => given(plugin, 'kong-request-id', { socket }).forwarded[0],
    );

    expect(made.map((id) => id?.split('-').slice(3, 5))).toEqual([
      ['1', '1'],
      ['1', '2'],
      ['2', '1'],
    ]);
  });

  it.each([
    ['§6 correlation-id: what came is kept', ['KONG-request-id', 'mine'], ['mine'], ['mine']],
    [
      '§6 correlation-id: what came is kept whatever it is',
      ['Kong-Request-ID', 'a b#ä'],
      ['a b#ä'],
      ['a b#ä'],
    ],
    ['§6 correlation-id: an empty value is none', ['Kong-Request-ID', ''], ['uuid-1#1'], ['uuid-1#1']],
    ['§6 correlation-id: no value', [], ['uuid-1#1'], ['uuid-1#1']],
  ])('%s', (_, headers, forwarded, answered) => {
    expect(given(compiled({ echoDownstream: true }), 'kong-request-id', { headers })).toEqual({
      forwarded,
      answered,
    });
  });

  it('§6 correlation-id: echo_downstream is off by default, and the upstream may say its own', () => {
    expect(given(compiled(), 'kong-request-id', {}, ['Kong-Request-ID', 'theirs']).answered).toEqual([
      'theirs',
    ]);
  });

  it('§6 correlation-id: echo_downstream replaces what the upstream says', () => {
    const { answered } = given(compiled({ echoDownstream: true }), 'kong-request-id', {}, [
      'kong-request-id',
      'theirs',
    ]);

    expect(answered).toEqual(['uuid-1#1']);
  });

  it('§6 correlation-id: an answer before the plugin had its turn gets an id as well', () => {
    const plugin = compiled({ echoDownstream: true, headerName: 'X-Id' });

    expect(plugin.dress?.(sentExchange(), [])).toEqual(['X-Id', 'uuid-1#1']);
  });

  it('§6 correlation-id: any other header is a header like any other', () => {
    expect(given(compiled({ headerName: 'X-Request-ID' }), 'x-request-id').forwarded).toEqual(['uuid-1#1']);
  });

  it.each(['X-Correlation-ID', 'x-correlation-id'])(
    "§6 correlation-id: %s is the exchange's own id, so that nothing is left to do",
    (headerName) => {
      const plugin = compiled({ headerName, echoDownstream: true });

      expect(plugin).toEqual({});
    },
  );

  it('§6 correlation-id: two instances count together, as one process', () => {
    const generators = counted();
    const made = [compiled({}, generators), compiled({ headerName: 'X-Id' }, generators)].map(
      (plugin, i) => given(plugin, i === 0 ? 'kong-request-id' : 'x-id').forwarded[0],
    );

    expect(made).toEqual(['uuid-1#1', 'uuid-1#2']);
  });

  it('§6 correlation-id: the ids of a running gateway have these forms', () => {
    const formOf = (generator: KongCorrelationIdConfig['generator']) => {
      const plugin = CORRELATION_ID_PLUGIN.compile(placeOf('correlation-id', { ...DEFAULTS, generator }));
      return given(plugin, 'kong-request-id').forwarded[0];
    };

    expect(formOf('uuid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(formOf('uuid#counter')).toMatch(/^[0-9a-f-]{36}#\d+$/);
    expect(formOf('tracker')).toMatch(/^10\.1\.1\.1-8000-\d+-\d+-1-\d{10}\.\d{3}$/);
  });

  it.each([
    ['Content-Length', /^header_name: Content-Length frames the message/],
    ['a b', /^header_name: "a b" is not a header name/],
    ['Host', /^header_name is "host"/],
  ])('§6 correlation-id: refuses %s as its header at load', (headerName, problem) => {
    const problems = CORRELATION_ID_PLUGIN.check?.(placeOf('correlation-id', { ...DEFAULTS, headerName }));

    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(CORRELATION_ID_PLUGIN.check?.(placeOf('correlation-id', DEFAULTS))).toEqual([]);
  });

  it('§2 runs in front of nearly everything', () => {
    expect(CORRELATION_ID_PLUGIN.priority).toBe(100_001);
  });
});
