import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(PROJECT, file), 'utf8');

const dockerfile = read('docker/Dockerfile');
const stages = dockerfile.split(/^(?=FROM )/m).slice(1);
const runtime = stages.at(-1) ?? '';

describe('the image', () => {
  it('runs the Node that .nvmrc and the lock file name', () => {
    const major = read('.nvmrc').trim();
    const pins = Object.values<string>(JSON.parse(read('package.json')).optionalDependencies);

    const images = [...dockerfile.matchAll(/^FROM node:(\d+)-\w+-slim/gm)].map(([, version]) => version);

    expect(images).toEqual([major, major]);
    expect(pins.filter((version) => version.split('.')[0] !== major)).toEqual([]);
  });

  it('copies only files that exist and that .dockerignore lets through', () => {
    const allowed: readonly string[] = read('.dockerignore').match(/(?<=^!).*/gm) ?? [];
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, files]) => files?.split(' ').map((file) => file.replace(/^\.\//, '')) ?? [],
    );

    expect(copied.filter((file) => !existsSync(join(PROJECT, file)))).toEqual([]);
    expect(copied.filter((file) => !allowed.includes(file))).toEqual([]);
  });

  it('installs neither development tools nor a second Node', () => {
    expect(runtime).toContain('npm ci --omit=dev --omit=optional');
  });

  it('does not run as root and gets the signals itself', () => {
    expect(runtime).toMatch(/^USER node$/m);
    expect(runtime).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m);
  });

  it('serves on the port it exposes and is asked for life there', () => {
    const port = /^EXPOSE (\d+)$/m.exec(runtime)?.[1];

    expect(port).toBe('8080');
    expect(runtime).toContain(`PORT=${port}`);
    expect(runtime).toContain('/health/live');
  });
});
