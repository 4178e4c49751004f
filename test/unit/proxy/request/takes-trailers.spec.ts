import { describe, expect, it } from 'vitest';
import { UpstreamRequestBuilder } from '../../../../src/proxy/request/upstream-request.builder.js';
import { callFor, namesOf, TARGET } from './call.fixture.js';

const builder = new UpstreamRequestBuilder();
const wants = (rawHeaders: readonly string[], httpVersion = '1.1') =>
  builder.build(callFor({ rawHeaders, httpVersion }), TARGET).trailers;

describe('a client takes trailers', () => {
  it.each(['trailers', 'Trailers', 'gzip, TRAILERS', ' deflate;q=0.5 ,trailers '])(
    'that says TE: %s',
    (te) => {
      expect(wants(['te', te])).toBe(true);
    },
  );

  it('that says so in the second of two fields', () => {
    expect(wants(['TE', 'gzip', 'TE', 'trailers'])).toBe(true);
  });

  it.each(['', 'gzip', 'trailers;q=1', 'trailersx', 'x-trailers', '"trailers"'])(
    'but not with TE: %j',
    (te) => {
      expect(wants(['TE', te])).toBe(false);
    },
  );

  it('but not over HTTP/1.0, and not when it says nothing', () => {
    expect([wants(['TE', 'trailers'], '1.0'), wants(['Host', 'a'])]).toEqual([false, false]);
  });

  it('and its own TE never goes on', () => {
    const { headers } = builder.build(
      callFor({ rawHeaders: ['TE', 'trailers', 'Connection', 'TE'] }),
      TARGET,
    );

    expect(namesOf(headers)).not.toContain('te');
    expect(namesOf(headers)).not.toContain('connection');
  });
});

describe('a request of the client', () => {
  it('lets the client hear of informational responses, one that a handler makes does not', () => {
    const own = callFor();
    const { exchange } = own;
    const made = Object.assign(Object.create(Object.getPrototypeOf(own)), own, {
      clientHeaders: ['Accept', '*/*'],
    });

    expect([builder.build(own, TARGET).informs, builder.build(made, TARGET).informs]).toEqual([true, false]);
    expect(builder.build(made, TARGET).origin).toBe(exchange);
  });

  it('tells which edits made its headers', () => {
    const edits = [{ kind: 'remove', name: 'x-role' }] as const;

    expect(builder.build(callFor().withEdits(edits), TARGET).edits).toEqual(edits);
  });
});
