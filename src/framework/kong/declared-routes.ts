import type { OnApplicationShutdown } from '@nestjs/common';
import type { GatewaySettings } from '../../config/gateway-settings.js';
import { everyInterval } from '../../config/secret-files.watcher.js';
import { WatchedPaths } from '../../config/watched-paths.js';
import { ConfigError, type ConfigProblem } from '../../contracts/config-problem.js';
import type { Environment } from '../../contracts/environment.js';
import { inTurns } from '../../contracts/steps.js';
import { findingProblem } from '../../kong/document/document-report.js';
import { readAside } from '../../kong/document/read-aside.js';
import type { KongReading } from '../../kong/document/read-kong-configuration.js';
import { type FileOptions, readKongFiles } from '../../kong/document/read-kong-files.js';
import { type KongChanges, kongChanges } from '../../kong/plan/kong-changes.js';
import { EVENTS, type EventLog } from '../../observability/events.js';
import type { RouteSource } from '../../routing/route-source.js';
import { type BuiltKong, buildKong, type KongBuilderParts } from './kong-routes.builder.js';

/** A change is taken when two looks saw the same, so within twice this. */
const LOOK_EVERY_MS = 500;
const KONG_FILE = /^[^.].*\.(yaml|yml|json)$/;

export interface DeclaredRoutesParts extends KongBuilderParts {
  /** `undefined`: there are no declarative files. */
  readonly settings: GatewaySettings['declarative'];
  readonly environment: Environment;
  readonly events: EventLog;
}

/** The routes of the declarative files: loaded at boot, and again when a file changes or somebody asks for it. */
export class DeclaredRoutes implements OnApplicationShutdown {
  #built: BuiltKong | undefined;
  /** The problems told last, so that each state is told once. */
  #refused = '';
  #loading: Promise<void> | undefined;
  #stop: (() => void) | undefined;
  #ended = false;

  constructor(private readonly parts: DeclaredRoutesParts) {}

  /** Those at work; `undefined` without files. */
  get source(): RouteSource | undefined {
    return this.#built?.routes;
  }

  /** How the files are called, for messages; empty without any. */
  get files(): readonly string[] {
    return this.parts.settings?.files ?? [];
  }

  /** What is carried out, but differs from Kong or may not be meant, of those at work. */
  get warnings(): readonly ConfigProblem[] {
    return this.#built?.warnings ?? [];
  }

  /** @throws ConfigError with every problem of every file */
  async load(): Promise<void> {
    if (this.parts.settings === undefined) return;
    // Nothing else is to be done yet, so no thread is started for it.
    const built = await this.#build(readKongFiles);
    if (built.problems.length > 0) {
      built.discard?.();
      throw new ConfigError(built.problems);
    }
    // All of it is new.
    this.#take(built as BuiltKong, 'boot', undefined);
  }

  /** Looks for changes from now on. `changed` is told when other routes are at work. */
  async watch(changed: (source: RouteSource | undefined) => void): Promise<void> {
    const { settings } = this.parts;
    if (settings === undefined) return;
    const paths = new WatchedPaths(settings.files, (name) => KONG_FILE.test(name));
    await paths.know();
    this.#changed = changed;
    let looking = false;
    this.#stop = everyInterval(LOOK_EVERY_MS, () => {
      // A look that hangs, on a volume that is gone, is not joined by another.
      if (looking) return;
      looking = true;
      void this.#look(paths).finally(() => {
        looking = false;
      });
    });
  }

  /** Reads the files again: their routes take over whole between two requests, or the old ones stay and the log says why. */
  reload(cause: string): Promise<void> {
    this.#loading = (this.#loading ?? Promise.resolve()).then(() => this.#reload(cause));
    return this.#loading;
  }

  onApplicationShutdown(): void {
    this.#ended = true;
    this.#stop?.();
    this.#built?.routes.retire();
  }

  #changed: (source: RouteSource | undefined) => void = () => {};

  async #look(paths: WatchedPaths): Promise<void> {
    if (await paths.look()) await this.reload('file');
  }

  async #reload(cause: string): Promise<void> {
    try {
      const { now } = this.parts;
      const built = await this.#build((files, options) => readAside(files, options, now));
      if (built.problems.length > 0) {
        built.discard?.();
        this.#refuse(cause, built.problems);
        return;
      }
      const { configuration } = built as BuiltKong;
      const changes = await inTurns(kongChanges(this.#built?.configuration, configuration), now);
      // Requests go on all the while, and so may the end of the process.
      if (this.#ended) built.discard?.();
      else this.#take(built as BuiltKong, cause, changes);
    } catch (error) {
      // Whatever a file makes go wrong, the gateway serves on with what it has.
      this.#refuse(cause, [{ where: this.files.join(', '), message: `cannot be used (${String(error)}).` }]);
    }
  }

  async #build(
    readFiles: (files: readonly string[], options: FileOptions) => Promise<KongReading>,
  ): Promise<BuiltKong | Refused> {
    const { settings, environment, ...parts } = this.parts;
    const { files, strict } = settings as NonNullable<typeof settings>;
    const read = await readFiles(files, { environment, strict });
    const problems = read.problems.map(findingProblem);
    const warnings = read.warnings.map(findingProblem);
    // What is wrong elsewhere is told at once too, as far as it can be known.
    if (read.configuration === undefined) return { problems, discard: undefined };
    const built = await inTurns(buildKong(read.configuration, strict, parts), parts.now);
    return {
      ...built,
      problems: [...problems, ...built.problems, ...(strict ? built.warnings : [])],
      warnings: [...warnings, ...built.warnings],
    };
  }

  #take(built: BuiltKong, cause: string, changes: KongChanges | undefined): void {
    const { events } = this.parts;
    const before = this.#built;
    const { services, routes, consumers } = built.configuration;
    built.take();
    this.#built = built;
    this.#refused = '';
    this.#changed(built.routes);
    before?.routes.retire();
    events.info(EVENTS.declaredRoutesLoaded, {
      cause,
      files: this.files,
      services: services.length,
      routes: routes.length,
      consumers: consumers.length,
      regexes: built.regexLoad.total,
      largestRegexBucket: built.regexLoad.largest,
      ...changes,
    });
    for (const { where, message } of built.warnings) {
      events.warn(EVENTS.declaredRoutesWarning, { where, message });
    }
  }

  #refuse(cause: string, problems: readonly ConfigProblem[]): void {
    const text = JSON.stringify(problems);
    if (cause === 'file' && text === this.#refused) return;
    this.#refused = text;
    this.parts.events.error(EVENTS.declaredRoutesRefused, { cause, files: this.files, problems });
  }
}

/** A configuration that could not even be read. */
interface Refused {
  readonly problems: readonly ConfigProblem[];
  readonly discard: undefined;
}
