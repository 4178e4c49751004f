import { describe, expect, it } from 'vitest';
import { Redaction } from '../../../../src/policies/log-requests/redaction.js';

describe('§6 log record: credentials', () => {
  it.each([
    ['Authorization', 'Bearer eyJ.a.b', 'REDACTED'],
    ['PROXY-AUTHORIZATION', 'Basic YTpi', 'REDACTED'],
    ['apikey', 'secret', 'REDACTED'],
    ['X-Api-Key', 'secret', 'REDACTED'],
    ['Cookie', 'a=1; session=xyz', 'a=REDACTED; session=REDACTED'],
    ['Cookie', 'nameless', 'REDACTED'],
    ['Set-Cookie', 'session=xyz; Path=/; HttpOnly', 'session=REDACTED; Path=/; HttpOnly'],
    ['Accept', 'text/html', 'text/html'],
    ['X-Api-Key-Id', 'k1', 'k1'],
  ])('§6 log record: of %s: %s stays %s', (name, value, recorded) => {
    expect(new Redaction().fields([name, value])).toEqual({ [name.toLowerCase()]: recorded });
  });

  it.each([
    ['', ''],
    ['?', '?'],
    ['?a=1&b=2', '?a=1&b=2'],
    ['?apikey=s&a=1', '?apikey=REDACTED&a=1'],
    ['?a=1&api%6bey=s', '?a=1&api%6bey=REDACTED'],
    ['?apikey', '?apikey'],
    ['?apikey=s=t&apikey=u', '?apikey=REDACTED&apikey=REDACTED'],
    ['?jwt=eyJ.a.b', '?jwt=REDACTED'],
    ['?Apikey=another', '?Apikey=another'],
  ])('§6 log record: of the query %s stays %s', (query, recorded) => {
    expect(new Redaction().queryText(query)).toBe(recorded);
  });

  it('§6 log record: names are the declared ones, Authorization always among them', () => {
    const redaction = new Redaction({ headers: ['X-Token'], query: ['sig'], cookies: ['sid'] });

    expect(
      redaction.fields(['x-token', 't', 'apikey', 'k', 'authorization', 'a', 'cookie', 'sid=1; a=2']),
    ).toEqual({
      'x-token': 'REDACTED',
      apikey: 'k',
      authorization: 'REDACTED',
      cookie: 'sid=REDACTED; a=2',
    });
    expect(redaction.queryText('?sig=1&apikey=2')).toBe('?sig=REDACTED&apikey=2');
  });

  it('§6 log record: fields and parameters that stand twice are lists', () => {
    const redaction = new Redaction();

    expect(redaction.fields(['Accept', 'a', 'accept', 'b', 'ACCEPT', 'c'])).toEqual({
      accept: ['a', 'b', 'c'],
    });
    expect(redaction.parameters('?a=1&b&a=2&c=%20x+y&=&apikey=s')).toEqual({
      a: ['1', '2'],
      b: true,
      c: ' x y',
      '': '',
      apikey: 'REDACTED',
    });
  });

  it('names of the language itself are names like others', () => {
    const fields = new Redaction().parameters('?__proto__=1&constructor=2');

    expect(JSON.stringify(fields)).toBe('{"__proto__":"1","constructor":"2"}');
  });
});
