import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../../src/contracts/steps.js';
import { kongChanges } from '../../../../src/kong/plan/kong-changes.js';
import { sound } from '../document/reading.js';

const changes = (before: string, after: string) => atOnce(kongChanges(sound(before), sound(after)));
const NONE = { added: [], removed: [], changed: [] };

const upstream = (targets: string) => `upstreams: [{name: pool, targets: [${targets}]}]`;
const consumer = (rest: string) => `consumers: [{username: ann, ${rest}}]`;
const onRoutes = (plugins: string, second = '') => `
services:
  - name: a
    host: h
    routes:
      - {name: one, paths: [/1], plugins: [${plugins}]}
      - {name: two, paths: [/2], plugins: [${second}]}
consumers: [{username: ann}]`;

describe('what a configuration changes', () => {
  it('is nothing where only places, layout and anchors differ', () => {
    const before = 'services: [{name: a, host: h, retries: 5}]';

    expect(changes(before, '_comment: x\n\nservices:\n  - &s {host: h, name: a}')).toEqual(NONE);
  });

  it.each([
    ['a weight', upstream('{target: "t:1"}'), upstream('{target: "t:1", weight: 3}'), 'upstream pool'],
    ['a target', upstream('{target: "t:1"}'), upstream('{target: "t:2"}'), 'upstream pool'],
    ['a group', consumer('acls: [{group: a}]'), consumer('acls: [{group: b}]'), 'consumer ann'],
    ['a field of a service', 'services: [{name: a, host: h}]', 'services: [{name: a, host: i}]', 'service a'],
    [
      'the service of a route',
      'services: [{name: a, host: h}, {name: b, host: h}]\nroutes: [{name: r, paths: [/], service: a}]',
      'services: [{name: a, host: h}, {name: b, host: h}]\nroutes: [{name: r, paths: [/], service: b}]',
      'route r',
    ],
    [
      'the configuration of a plugin',
      onRoutes('{name: rate-limiting, config: {minute: 1}}'),
      onRoutes('{name: rate-limiting, config: {minute: 2}}'),
      'plugin rate-limiting (route one)',
    ],
    [
      'a plugin that is switched off',
      'plugins: [{name: cors}]',
      'plugins: [{name: cors, enabled: false}]',
      'plugin cors',
    ],
    [
      'which of two routes stands first',
      'routes: [{name: a, paths: [/]}, {name: b, paths: [/]}]',
      'routes: [{name: b, paths: [/]}, {name: a, paths: [/]}]',
      'order of routes (/)',
    ],
  ])('names what holds it: %s', (_what, before, after, name) => {
    expect(changes(before, after)).toEqual({ ...NONE, changed: [name] });
  });

  it('is no new order where routes came and went between others, or none can take what another takes', () => {
    const routes = (...names: readonly string[]) =>
      `routes: [${names.map((name) => `{name: ${name}, paths: [/]}`).join(', ')}]`;

    expect(
      changes(
        'routes: [{name: a, paths: [/a]}, {name: b, paths: [/b]}]',
        'routes: [{name: b, paths: [/b]}, {name: a, paths: [/a]}]',
      ),
    ).toEqual(NONE);
    expect(changes(routes('a', 'b', 'c'), routes('x', 'a', 'c', 'y'))).toEqual({
      added: ['route x', 'route y'],
      removed: ['route b'],
      changed: [],
    });
  });

  it('tells of a secret that it is another one, and neither of the two', () => {
    const told = changes(
      consumer('keyauth_credentials: [{id: 5a2b6a0a-6f5c-4a6e-9a6c-0f1d2c3b4a59, key: old-canary}]'),
      consumer('keyauth_credentials: [{id: 5a2b6a0a-6f5c-4a6e-9a6c-0f1d2c3b4a59, key: new-canary}]'),
    );

    expect(told).toEqual({ ...NONE, changed: ['consumer ann'] });
  });

  it('tells where a plugin moved, by the names of its scopes', () => {
    const limiting = '{name: rate-limiting, config: {minute: 1}, consumer: ann}';

    expect(changes(onRoutes(limiting), onRoutes('', limiting))).toEqual({
      added: ['plugin rate-limiting (route two, consumer ann)'],
      removed: ['plugin rate-limiting (route one, consumer ann)'],
      changed: [],
    });
  });

  it('tells a new name as one that came and one that went', () => {
    expect(changes('services: [{name: a, host: h}]', 'services: [{name: b, host: h}]')).toEqual({
      added: ['service b'],
      removed: ['service a'],
      changed: [],
    });
  });
});
