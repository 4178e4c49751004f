import { describe, expect, it } from 'vitest';
import { routeOverlaps } from '../../../../src/framework/kong/route-overlaps.js';
import type { PlannedRoute } from '../../../../src/routing/planned-route.js';

const route = (id: string, path: string, methods?: readonly string[]): PlannedRoute =>
  ({ facts: { id, path, methods } }) as unknown as PlannedRoute;

describe('declared routes that a route of the code takes requests from', () => {
  it.each([
    ['/api', '/api/users/:id', true],
    ['/api/us', '/api/users/:id', true],
    ['/api/users/7/x', '/api/users/*path', true],
    ['/', '/api', true],
    ['/orders', '/api/users', false],
    ['/api/usersx', '/api/users', false],
    ['~/api/.*', '/api/users', false],
  ])('%s beside %s: %s', (prefix, codePath, shared) => {
    expect(routeOverlaps([route('code', codePath)], [route('declared', prefix)])).toHaveLength(
      shared ? 1 : 0,
    );
  });

  it('must share a method', () => {
    const code = [route('code', '/a', ['GET'])];

    expect(routeOverlaps(code, [route('declared', '/a', ['POST'])])).toEqual([]);
    expect(routeOverlaps(code, [route('declared', '/a', ['HEAD'])])).toHaveLength(1);
  });
});
