import { describe, expect, it } from 'vitest';
import {
  fillPlaces,
  type Place,
  parseTemplate,
  unknownPlaces,
} from '../../../src/contracts/value-template.js';

describe('a value with places', () => {
  it.each<[string, Place]>([
    ['$(uuid)', { kind: 'uuid' }],
    ['$( uuid )', { kind: 'uuid' }],
    ['$(headers.host)', { kind: 'header', name: 'host' }],
    ['$(headers.X_Name)', { kind: 'header', name: 'x_name' }],
    ['$(headers["X-Name"])', { kind: 'header', name: 'x-name' }],
    ["$(headers['x-name'])", { kind: 'header', name: 'x-name' }],
    ['$(query_params.User)', { kind: 'query', name: 'User' }],
    ['$(query_params["a b"])', { kind: 'query', name: 'a b' }],
    ['$(uri_captures.id)', { kind: 'capture', name: 'id' }],
    ['$(uri_captures["user-id"])', { kind: 'capture', name: 'user-id' }],
    ['$(uri_captures[1])', { kind: 'capture', name: 1 }],
    ['$( uri_captures[ 12 ] )', { kind: 'capture', name: 12 }],
  ])('reads %s', (value, place) => {
    expect(parseTemplate(`<${value}>`)).toEqual({ literals: ['<', '>'], places: [place] });
    expect(unknownPlaces(value, 'all')).toEqual([]);
  });

  it.each([
    '$(os.time())',
    '$(headers.x-name)',
    '$(headers[1])',
    '$(uri_captures[0])',
    '$(headers)',
    '$(headers.a or "b")',
    '$(shared.x)',
    '$(UUID)',
    '$(headers["a\\"b"])',
    '$()',
  ])('does not run %s', (value) => {
    expect(parseTemplate(value)).toBeUndefined();
    expect(unknownPlaces(`a ${value}`, 'all')).toHaveLength(1);
  });

  // biome-ignore lint/suspicious/noTemplateCurlyInString: other gateways' placeholders are plain text here.
  it.each(['', 'plain', '$', '$(', '${uuid}', '#{uuid}', 'uuid', '$uuid'])('is plain text as %j', (value) => {
    expect(parseTemplate(value)).toBeUndefined();
    expect(unknownPlaces(value, 'all')).toEqual([]);
  });

  it('knows only $(uuid) where the client is not asked', () => {
    expect(unknownPlaces('$(uuid)$(headers.a)', 'uuid')).toEqual(['$(headers.a)']);
  });

  it('finds no place between two others', () => {
    expect(unknownPlaces('$$(uuid)(x)', 'all')).toEqual([]);
  });
});

describe('filling places', () => {
  const read = (place: Place): string | undefined =>
    'name' in place && place.name !== 'gone' ? `[${place.name}]` : undefined;
  const fill = (value: string) =>
    fillPlaces(parseTemplate(value) as NonNullable<ReturnType<typeof parseTemplate>>, read);

  it('puts each where it stands, once', () => {
    expect(fill('a$(headers.x)b$(query_params.y)$(uri_captures[3])')).toBe('a[x]b[y][3]');
  });

  it('leaves what is absent empty in a longer text', () => {
    expect(fill('a$(headers.gone)b')).toBe('ab');
    expect(fill('$(headers.gone)$(headers.gone)')).toBe('');
  });

  it('is nothing where the one place it is is absent', () => {
    expect(fill('$(headers.gone)')).toBeUndefined();
    expect(fill('$(headers.x)')).toBe('[x]');
  });
});
