// Writes docs/configuration.md and .env.example from the settings table. Needs a build: it reads dist/.
import { writeFileSync } from 'node:fs';
import { renderConfigurationDocument, renderEnvExample } from '../dist/config/configuration-document.js';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('docs/configuration.md', root), renderConfigurationDocument());
writeFileSync(new URL('.env.example', root), renderEnvExample());
