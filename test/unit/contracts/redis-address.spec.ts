import { describe, expect, it } from 'vitest';
import { readRedisUrl } from '../../../src/contracts/redis-address.js';

const bare = { tls: false, login: undefined };

describe('the URL of Redis', () => {
  it.each([
    ['redis://redis', { host: 'redis', port: 6379 }, 0],
    ['redis://redis/', { host: 'redis', port: 6379 }, 0],
    ['redis://redis_1.local:7000/12', { host: 'redis_1.local', port: 7000 }, 12],
    ['redis://10.0.0.1/3/', { host: '10.0.0.1', port: 6379 }, 3],
    ['redis://[::1]:65535', { host: '::1', port: 65_535 }, 0],
  ])('names a single one: %s', (url, at, database) => {
    expect(readRedisUrl(url)).toEqual({ kind: 'single', ...bare, at, database });
  });

  it('names a group that Sentinel watches', () => {
    expect(readRedisUrl('redis+sentinel://a,b:1,[::1]/my-group.1')).toEqual({
      kind: 'sentinel',
      ...bare,
      sentinels: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
        { host: '::1', port: 26_379 },
      ],
      group: 'my-group.1',
      sentinelLogin: undefined,
      database: 0,
    });
    expect(readRedisUrl('redis+sentinel://a/g/7')).toMatchObject({ group: 'g', database: 7 });
    expect(readRedisUrl('redis+sentinel://a/g/')).toMatchObject({ group: 'g', database: 0 });
  });

  it.each([
    ['sentinelPassword=p%26w', { user: undefined, password: 'p&w' }],
    ['sentinelPassword=p+w&sentinelUsername=us%C3%A9r', { user: 'usér', password: 'p+w' }],
  ])('names who asks the sentinels: %s', (query, sentinelLogin) => {
    expect(readRedisUrl(`redis+sentinel://u:p@a/g?${query}`)).toMatchObject({
      login: { user: 'u', password: 'p' },
      sentinelLogin,
    });
  });

  it('names nodes of a cluster', () => {
    const nodes = [
      { host: 'a', port: 7000 },
      { host: 'b', port: 6379 },
    ];

    expect(readRedisUrl('redis+cluster://a:7000,b')).toEqual({ kind: 'cluster', ...bare, nodes });
    expect(readRedisUrl('redis+cluster://a:7000,b/')).toEqual({ kind: 'cluster', ...bare, nodes });
  });

  it.each([
    [':p', undefined, 'p'],
    ['u:p', 'u', 'p'],
    ['u:p:q', 'u', 'p:q'],
    ['%75:p%40%2F%3F%23%25', 'u', 'p@/?#%'],
    ['u:p@w', 'u', 'p@w'],
    ['u:pä', 'u', 'pä'],
  ])('holds a login: %s', (text, user, password) => {
    for (const form of ['redis://%a', 'redis+sentinel://%a/g', 'redis+cluster://%a'])
      expect(readRedisUrl(form.replace('%', `${text}@`))?.login).toEqual({ user, password });
  });

  it('says with rediss that it is reached by TLS', () => {
    for (const url of ['rediss://a', 'rediss+sentinel://a/g', 'rediss+cluster://a'])
      expect(readRedisUrl(url)?.tls).toBe(true);
  });

  it.each([
    '',
    'redis',
    'redis:',
    'redis://',
    'redis:///0',
    'http://a',
    'REDIS://a',
    ' redis://a',
    'redis://a\n',
    'redis://a b',
    'redis://a,b',
    'redis://a:',
    'redis://a:0',
    'redis://a:65536',
    'redis://a:1x',
    'redis://a:-1',
    'redis://999.1.1.1',
    'redis://-a',
    'redis://[::g]',
    'redis://[1.2.3.4]',
    'redis://::1',
    'redis://a/x',
    'redis://a/1/2',
    'redis://a//',
    'redis://a?db=1',
    'redis://a#f',
    'redis://secret@a',
    'redis://user:@a',
    'redis://:@a',
    'redis://@a',
    'redis://:%@a',
    'redis://:%ff@a',
    'redis+sentinels://a/g',
    'redis+sentinel://a',
    'redis+sentinel://a/',
    'redis+sentinel://a,/g',
    'redis+sentinel://,/g',
    'redis+sentinel://a/g%20h',
    'redis+sentinel://a/g/x',
    'redis+sentinel://a/g/1/2',
    'redis+sentinel://a/g?',
    'redis+sentinel://a/g?sentinelUsername=u',
    'redis+sentinel://a/g?sentinelPassword=',
    'redis+sentinel://a/g?sentinelPassword=%',
    'redis+sentinel://a/g?sentinelPassword=p&sentinelPassword=p',
    'redis+sentinel://a/g?sentinelPassword=p&role=slave',
    'redis+sentinel://a/g?sentinelPassword=p&sentinelUsername=u&x=y',
    'redis+cluster://a/0',
    'redis+cluster://a,b,',
    'redis+cluster://a?x=y',
    'sentinel://a/g',
  ])('has none of its forms: %j', (url) => {
    expect(readRedisUrl(url)).toBeUndefined();
  });
});
