import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // The package's own name means its sources here: a test must not load a second copy from dist.
    alias: [
      { find: /^portcullis\/testing$/, replacement: source('framework/testing/index.ts') },
      { find: /^portcullis$/, replacement: source('framework/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.spec.ts'],
    setupFiles: ['reflect-metadata'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
