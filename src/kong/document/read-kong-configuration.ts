import type { KongConfiguration } from '../kong-configuration.js';
import { DOCUMENT_DEFAULTS, type DocumentOptions } from './document-options.js';
import { DocumentReport, type KongFinding } from './document-report.js';
import { collectEntities, refuseUnknownNames } from './entities/collect-entities.js';
import { type DeclaredEntity, ENTITY_KINDS } from './entities/declared-entity.js';
import { EntityRegistry } from './entities/entity-registry.js';
import { readHeader, TOP_LEVEL_NAMES } from './entities/file-header.js';
import { linkEntities } from './entities/link-entities.js';
import { tellOpenRoutes } from './open-routes.js';
import type { DocumentNode } from './text/document-node.js';
import type { SourceText } from './text/document-source.js';
import { readDocument } from './text/read-document.js';

/** What came of reading files: a configuration, or why there is none. */
export interface KongReading {
  /** `undefined` as soon as there is one problem. */
  readonly configuration: KongConfiguration | undefined;
  /** What is sound of a configuration that as a whole is not, so that nobody has to mend twice; never to be run. */
  readonly remainder?: KongConfiguration | undefined;
  /** Everything that must be mended, in the order of the files. */
  readonly problems: readonly KongFinding[];
  /** What is carried out, but differs from Kong or may not be meant. */
  readonly warnings: readonly KongFinding[];
}

/**
 * Reads Kong's declarative format, several files as one. Pure: it looks at nothing but what it is given.
 *
 * 1. Each text becomes nodes, in bounded time and memory.
 * 2. Entities are collected from the top of the files and from where they are nested.
 * 3. They get ids, and names are found unique.
 * 4. Fields are checked, references followed, defaults filled in.
 * 5. Routes that anybody may call are listed.
 */
export function readKongConfiguration(
  sources: readonly SourceText[],
  options: DocumentOptions = {},
): KongReading {
  const { environment, strict, refuseOpen, ...limits } = { ...DOCUMENT_DEFAULTS, ...options };
  const report = new DocumentReport();
  // 1
  const roots = sources.map((source, index) => readDocument(source, index, limits, environment, report));
  // 2
  const declared = roots.flatMap((root) => (root === undefined ? [] : entitiesOf(root, report)));
  // What a file that cannot be read declares would be missed everywhere else.
  if (roots.includes(undefined)) return readingOf(undefined, report);
  // 3
  const registry = new EntityRegistry(declared, report);
  const consumerId = (reference: string) => {
    const consumer = registry.find('consumers', reference);
    return consumer === undefined ? undefined : registry.idOf(consumer);
  };
  // 4
  const load = { report, environment, strict, registry, taken: new Map(), consumerId };
  const { configuration, routes } = linkEntities(declared, load);
  // 5
  if (report.sound) tellOpenRoutes(routes, configuration.plugins, refuseOpen, report);
  return readingOf(configuration, report);
}

function entitiesOf(root: DocumentNode, report: DocumentReport): DeclaredEntity[] {
  if (root.kind !== 'map') {
    report.problem(root, '', 'the file must be a map, which begins with _format_version: "3.0".');
    return [];
  }
  if (root.entries.has('apiVersion') && root.entries.has('kind')) {
    report.problem(
      root,
      '',
      'the file is a manifest of Kubernetes; must be a declarative file of Kong (kong.yml), as deck gateway dump writes one.',
    );
    return [];
  }
  const header = readHeader(root, report);
  refuseUnknownNames(root, TOP_LEVEL_NAMES, report);
  return ENTITY_KINDS.flatMap((kind) => {
    const list = root.entries.get(kind)?.value;
    return list === undefined ? [] : collectEntities(kind, list, kind, undefined, header, report);
  });
}

function readingOf(configuration: KongConfiguration | undefined, report: DocumentReport): KongReading {
  const { problems, warnings } = report;
  return report.sound
    ? { configuration, problems, warnings }
    : { configuration: undefined, remainder: configuration, problems, warnings };
}
