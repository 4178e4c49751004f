import { describe, expect, it } from 'vitest';
import { answerFormat } from '../../../../src/kong/answers/answer-format.js';

describe('the form of an error', () => {
  it.each([
    ['§5 errors: no Accept', undefined, 'json'],
    ['§5 errors: anything', '*/*', 'json'],
    ['§5 errors: JSON', 'application/json', 'json'],
    ['§5 errors: HTML', 'text/html', 'html'],
    ['§5 errors: XML', 'application/xml', 'xml'],
    ['§5 errors: XML as text', 'text/xml', 'xml'],
    ['§5 errors: plain text', 'text/plain', 'plain'],
    ['§5 errors: any application type', 'application/*', 'json'],
    ['§5 errors: any text', 'text/*', 'plain'],
    ['§5 errors: the first of several', 'text/html, application/json', 'html'],
    ['§5 errors: the best of several', 'text/html;q=0.5, application/xml;q=0.9', 'xml'],
    ['§5 errors: a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['§5 errors: nothing that can be written', 'image/png', 'json'],
    ['§5 errors: not wanted', 'text/html;q=0, text/plain;q=0.1', 'plain'],
    ['§5 errors: a quality that is none', 'text/html;q=x', 'json'],
    ['§5 errors: upper case', 'TEXT/HTML', 'html'],
    ['§5 errors: an empty field', '', 'json'],
  ])('%s', (_row, accept, format) => {
    expect(answerFormat(accept === undefined ? [] : ['Accept', accept])).toBe(format);
  });

  it('§5 errors: gRPC by the type of the request', () => {
    expect(answerFormat(['content-type', 'application/grpc+proto', 'accept', 'text/html'])).toBe('grpc');
  });
});
