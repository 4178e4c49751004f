import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './installation.mjs';
import { root } from './project.mjs';

/**
 * What `npm pack` does around packing: `node scripts/pack.mjs prepack | postpack | prepublishOnly`.
 *
 * The manifest of this checkout runs a service: exact versions, and a Node of its own. The packed one is a library's, so
 * package.json is replaced while npm packs and put back afterwards.
 */
const MANIFEST = join(root, 'package.json');
/** The checkout's manifest while npm packs. */
const SET_ASIDE = join(root, 'package.json.set-aside');

const STEPS = {
  async prepack() {
    // Packing was interrupted the last time.
    if (existsSync(SET_ASIDE)) renameSync(SET_ASIDE, MANIFEST);
    await ensureInstalled();
    await ensureBuilt();
    const own = readFileSync(MANIFEST, 'utf8');
    writeFileSync(SET_ASIDE, own);
    writeFileSync(MANIFEST, `${JSON.stringify(packedManifest(JSON.parse(own)), null, 2)}\n`);
  },
  async postpack() {
    renameSync(SET_ASIDE, MANIFEST);
  },
  async prepublishOnly() {
    // From a folder npm tells the registry what package.json says after postpack: the service's dependencies.
    throw new Error(
      'Publish the packed file, not the folder: npm pack, then npm publish ./portcullis-VERSION.tgz',
    );
  },
};

/**
 * The manifest of the package.
 *
 * Nest, rxjs and reflect-metadata exist once in an application and it is the team that brings them, so they are peers.
 * Every other dependency is a range: a team gets corrections without waiting for a release of ours.
 */
function packedManifest(own) {
  const { name, version, description, keywords, license, type, engines, bin, files } = own;
  const declared = Object.entries(own.dependencies).map(([dependency, pin]) => [dependency, `^${pin}`]);
  return {
    name,
    version,
    description,
    keywords,
    license,
    type,
    engines: { node: engines.node },
    bin,
    files,
    exports: withoutSources(own.exports),
    dependencies: Object.fromEntries(declared.filter(([dependency]) => !isPeer(dependency))),
    peerDependencies: {
      ...Object.fromEntries(declared.filter(([dependency]) => isPeer(dependency))),
      '@nestjs/testing': `^${own.devDependencies['@nestjs/testing']}`,
    },
    // Only whoever gives a testing module to portcullis/testing needs it.
    peerDependenciesMeta: { '@nestjs/testing': { optional: true } },
  };
}

function isPeer(dependency) {
  return dependency.startsWith('@nestjs/') || dependency === 'rxjs' || dependency === 'reflect-metadata';
}

/** The condition for this checkout points at sources, which the package does not have. */
function withoutSources(entries) {
  return Object.fromEntries(
    Object.entries(entries).map(([path, entry]) => {
      if (typeof entry === 'string') return [path, entry];
      const { 'portcullis-source': _source, ...conditions } = entry;
      return [path, conditions];
    }),
  );
}

const step = STEPS[process.argv[2] ?? ''];
if (step === undefined) {
  console.error(`No step ${JSON.stringify(process.argv[2])}; there are: ${Object.keys(STEPS).join(', ')}.`);
  process.exit(64);
}
try {
  await step();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
