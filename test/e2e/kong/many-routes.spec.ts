import { describe, expect, it } from 'vitest';
import { startKong } from '../../support/kong.gateway.js';

describe('a Kong file of many routes', () => {
  it('has the first 200 in the log, and how many there are', async () => {
    const routes = Array.from({ length: 300 }, (_, i) => `{name: r${i}, paths: [/r${i}]}`);
    const kong = await startKong(
      `_format_version: "3.0"\nservices: [{name: s, host: h, routes: [${routes.join(', ')}]}]`,
    );

    const [compiled] = await kong.logged('routes.compiled', 1);
    const planned = kong.lines().filter(({ event }) => event === 'route.planned');
    await kong.close();

    expect(compiled?.['routes']).toBe(300);
    expect(planned).toHaveLength(200);
  });
});
