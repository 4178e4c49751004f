import { describe, expect, it } from 'vitest';
import { framingProblem } from '../../../src/edge/body-framing.js';
import { canMeetExpectation } from '../../../src/edge/expectation.js';
import { RequestFields } from '../../../src/edge/request-fields.js';

function fieldsOf(...raw: string[]): RequestFields {
  const fields = new RequestFields();
  fields.read(raw);
  return fields;
}

describe('RequestFields', () => {
  it('finds its fields in any case, with the first value of each and their number', () => {
    const fields = fieldsOf(
      ...['HOST', 'a', 'host', 'b', 'content-LENGTH', '5', 'Transfer-encoding', 'chunked'],
      ...['eXpect', '100-continue', 'uPGRADE', 'h2c', 'Accept', '*/*', 'Date', 'x', 'Referer', 'y'],
    );

    expect(fields).toMatchObject({
      host: 'a',
      hosts: 2,
      length: '5',
      lengths: 1,
      coding: 'chunked',
      codings: 1,
    });
    expect(fields).toMatchObject({ expectation: '100-continue', expectations: 1, upgrades: true });
  });

  it('remembers nothing of the request before', () => {
    const fields = fieldsOf(
      ...['Host', 'a', 'Content-Length', '5', 'Transfer-Encoding', 'chunked', 'Expect', 'x', 'Upgrade', 'y'],
    );

    fields.read(['Accept', '*/*']);

    expect(fields).toEqual(new RequestFields());
  });

  it('takes an empty value for a value', () => {
    expect(fieldsOf('Host', '', 'Host', 'a')).toMatchObject({ host: '', hosts: 2 });
  });
});

describe('framingProblem', () => {
  it.each([
    ['no body', []],
    ['a length', ['Content-Length', '5']],
    ['a length of nothing', ['Content-Length', '0']],
    ['chunked', ['Transfer-Encoding', 'chunked']],
    ['chunked in capitals', ['Transfer-Encoding', 'CHUNKED']],
    ['an upgrade without a body', ['Upgrade', 'websocket']],
    ['an upgrade with a length of nothing', ['Upgrade', 'websocket', 'Content-Length', '0']],
  ])('has nothing against %s', (_what, raw) => {
    expect(framingProblem(fieldsOf(...raw), 1)).toBeUndefined();
  });

  it.each([
    ['two lengths', ['Content-Length', '5', 'Content-Length', '5']],
    ['two codings', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    ['a length and a coding', ['Content-Length', '0', 'Transfer-Encoding', 'chunked']],
    ['a list of lengths', ['Content-Length', '5,5']],
    ['a signed length', ['Content-Length', '+5']],
    ['a negative length', ['Content-Length', '-0']],
    ['a length in hexadecimal', ['Content-Length', '0x5']],
    ['an empty length', ['Content-Length', '']],
    ['a length that is rounded when it is read', ['Content-Length', '9007199254740993']],
    ['another coding', ['Transfer-Encoding', 'gzip']],
    ['two codings in one field', ['Transfer-Encoding', 'gzip, chunked']],
    ['a comma before chunked', ['Transfer-Encoding', ',chunked']],
    ['chunked with parameters', ['Transfer-Encoding', 'chunked;q=1']],
    ['chunked behind a vertical tab', ['Transfer-Encoding', '\u000bchunked']],
    ['no coding', ['Transfer-Encoding', '']],
    ['an upgrade with a length', ['Content-Length', '5', 'Upgrade', 'websocket']],
    ['an upgrade with chunked', ['Upgrade', 'h2c', 'Transfer-Encoding', 'chunked']],
  ])('refuses %s', (_what, raw) => {
    expect(framingProblem(fieldsOf(...raw), 1)).toEqual(expect.any(String));
  });

  it('refuses Transfer-Encoding in HTTP/1.0 and takes a length there', () => {
    expect(framingProblem(fieldsOf('Transfer-Encoding', 'chunked'), 0)).toEqual(expect.any(String));
    expect(framingProblem(fieldsOf('Content-Length', '5'), 0)).toBeUndefined();
  });
});

describe('canMeetExpectation', () => {
  it.each([[[]], [['Expect', '100-continue']], [['Expect', '100-Continue']]])('meets %j', (raw) => {
    expect(canMeetExpectation(fieldsOf(...raw))).toBe(true);
  });

  it.each([
    [['Expect', '']],
    [['Expect', 'y']],
    [['Expect', 'y 100-continue']],
    [['Expect', '100-continue, 100-continue']],
    [['Expect', '100-continue;q=1']],
    [['Expect', '100-continue', 'Expect', '100-continue']],
  ])('does not meet %j', (raw) => {
    expect(canMeetExpectation(fieldsOf(...raw))).toBe(false);
  });
});
