import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderConfigurationDocument, renderEnvExample } from '../../../src/config/configuration-document.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { SETTINGS } from '../../../src/config/settings.table.js';

const fileOf = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('the generated documents', () => {
  it('are in step with the settings table: run `node scripts/generate-config-docs.mjs` after a build', () => {
    expect(fileOf('docs/configuration.md')).toBe(renderConfigurationDocument());
    expect(fileOf('.env.example')).toBe(renderEnvExample());
  });

  it('name every variable', () => {
    const document = renderConfigurationDocument();

    for (const name of Object.keys(SETTINGS)) expect(document).toContain(`\`${name}\``);
  });

  it('give an example that is accepted with every default uncommented', () => {
    const pairs = [...renderEnvExample().matchAll(/^# ([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);

    const settings = loadSettings(Object.fromEntries(pairs));

    expect(pairs.length).toBeGreaterThan(15);
    expect(settings).toEqual(loadSettings({}));
  });
});
