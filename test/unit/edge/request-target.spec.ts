import { describe, expect, it } from 'vitest';
import { originForm } from '../../../src/edge/request-target.js';

const PLAIN = { method: 'GET', host: 'gateway:8080', secure: false };

describe('originForm', () => {
  it.each([
    ['http://gateway:8080/a/b?c=d', '/a/b?c=d'],
    ['HTTP://GATEWAY:8080/A', '/A'],
    ['http://gateway:8080', '/'],
    ['http://gateway:8080?c', '/?c'],
    ['http://gateway:8080/', '/'],
    ['http://gateway:8080//a', '//a'],
    ['http://gateway:8080/a@b', '/a@b'],
  ])('reads the absolute-form %s as %s', (target, origin) => {
    expect(originForm(target, PLAIN)).toBe(origin);
  });

  it('leaves the port of the scheme out of the comparison', () => {
    expect(originForm('http://gateway:80/a', { ...PLAIN, host: 'gateway' })).toBe('/a');
    expect(originForm('https://gateway/a', { ...PLAIN, host: 'gateway:443', secure: true })).toBe('/a');
  });

  it.each([
    ['another host', 'http://other:8080/a'],
    ['another port', 'http://gateway/a'],
    ['the scheme of another connection', 'https://gateway:8080/a'],
    ['another scheme', 'ftp://gateway:8080/a'],
    ['userinfo', 'http://user@gateway:8080/a'],
    ['no host', 'http:///a'],
    ['a backslash for a slash', 'http:\\\\gateway:8080/a'],
    ['a backslash behind the host', 'http://gateway:8080\\a'],
    ['one slash', 'http:/gateway:8080/a'],
    ['no scheme', '//gateway:8080/a'],
    ['an authority alone', 'gateway:8080'],
    ['a path without its slash', 'a/b'],
    ['a query alone', '?a'],
    ['an asterisk and more', '*a'],
    ['nothing', ''],
  ])('refuses %s', (_what, target) => {
    expect(originForm(target, PLAIN)).toBeUndefined();
  });

  it('refuses an absolute-form when no Host confirms it', () => {
    expect(originForm('http://gateway:8080/a', { ...PLAIN, host: undefined })).toBeUndefined();
  });

  it('leaves a fragment in place, for the path or the query to be refused', () => {
    expect(originForm('http://gateway:8080#a', PLAIN)).toBe('/#a');
    expect(originForm('http://gateway:8080/a#b', PLAIN)).toBe('/a#b');
  });

  it('takes the asterisk with OPTIONS only', () => {
    expect(originForm('*', { ...PLAIN, method: 'OPTIONS' })).toBe('*');
    expect(originForm('*', PLAIN)).toBeUndefined();
  });

  it('reads OPTIONS of an absolute-form without a path as the asterisk', () => {
    const options = { ...PLAIN, method: 'OPTIONS' };

    expect(originForm('http://gateway:8080', options)).toBe('*');
    expect(originForm('http://gateway:8080/', options)).toBe('/');
  });
});
