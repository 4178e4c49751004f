import { describe, expect, it } from 'vitest';
import { kongChanges } from '../../../../src/kong/plan/kong-changes.js';
import { kongConfiguration } from './planned.fixture.js';

const file = (body: string) => kongConfiguration(`_format_version: "3.0"\n${body}`);

const BEFORE = file(`
services:
  - name: users
    url: http://users.test
    routes: [{name: one, paths: [/one], plugins: [{name: rate-limiting, config: {minute: 5}}]}, {name: two, paths: [/two]}]
upstreams: [{name: pool, targets: [{target: "a.test:80"}]}]
consumers: [{username: ann, keyauth_credentials: [{key: old-key}]}]
`);

describe('what another file changes', () => {
  it('is nothing when only order and layout differ', () => {
    const after = file(`
consumers: [{username: ann, keyauth_credentials: [{key: old-key}]}]
upstreams: [{name: pool, targets: [{target: "a.test:80"}]}]
routes: [{name: two, service: users, paths: [/two]}]
services:
  - name: users
    protocol: http
    host: users.test
    routes:
      - name: one
        paths: [/one]
        plugins: [{name: rate-limiting, config: {minute: 5}}]
`);

    expect(kongChanges(BEFORE, after)).toEqual({ added: [], removed: [], changed: [] });
  });

  it('is told by names: routes, policies, upstreams', () => {
    const after = file(`
services:
  - name: users
    url: http://users.test
    routes: [{name: one, paths: [/one], plugins: [{name: rate-limiting, config: {minute: 6}}]}, {name: three, paths: [/three]}]
upstreams: [{name: pool, targets: [{target: "b.test:80"}]}]
consumers: [{username: ann, keyauth_credentials: [{key: old-key}]}]
`);
    const { added, removed, changed } = kongChanges(BEFORE, after);

    expect(added).toEqual(['route three']);
    expect(removed).toEqual(['route two']);
    expect(changed).toEqual(['upstream pool', expect.stringMatching(/^plugin rate-limiting \(route /)]);
  });

  it('names a consumer whose credential changed, and never the credential', () => {
    const after = file(`
services:
  - name: users
    url: http://users.test
    routes: [{name: one, paths: [/one], plugins: [{name: rate-limiting, config: {minute: 5}}]}, {name: two, paths: [/two]}]
upstreams: [{name: pool, targets: [{target: "a.test:80"}]}]
consumers: [{username: ann, keyauth_credentials: [{key: new-key}]}]
`);
    const changes = kongChanges(BEFORE, after);

    expect(changes).toEqual({ added: [], removed: [], changed: ['consumer ann'] });
    expect(JSON.stringify(changes)).not.toContain('key');
  });

  it('is all of it at the first load', () => {
    expect(kongChanges(undefined, BEFORE).added).toHaveLength(6);
  });
});
