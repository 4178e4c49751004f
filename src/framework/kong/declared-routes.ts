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
import { remainderProblems } from './remainder-problems.js';

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
  readonly #paths: WatchedPaths;

  constructor(private readonly parts: DeclaredRoutesParts) {
    this.#paths = new WatchedPaths(this.files, (name) => KONG_FILE.test(name));
  }

  /** Those at work; `undefined` without files. */
  get source(): RouteSource | undefined {
    return this.#built?.routes;
  }

  /** How the files are called, for messages; empty without any. */
  get files(): readonly string[] {
    return this.parts.settings?.files ?? [];
  }

  /** @throws ConfigError with every problem of every file */
  async load(): Promise<void> {
    if (this.parts.settings === undefined) return;
    // Before a byte is read: what changes meanwhile is a change.
    await this.#paths.know();
    // Nothing else is to be done yet, so no thread is started for it.
    const { built, problems } = await this.#build(readKongFiles);
    if (built === undefined) throw new ConfigError(problems);
    // All of it is new.
    this.#take(built, 'boot', undefined);
  }

  /** Looks for changes from now on. `changed` is told when other routes are at work. */
  watch(changed: (source: RouteSource | undefined) => void): void {
    this.#changed = changed;
    let looking = false;
    this.#stop = everyInterval(LOOK_EVERY_MS, () => {
      // A look that hangs, on a volume that is gone, is not joined by another.
      if (looking) return;
      looking = true;
      void this.#look().finally(() => {
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

  async #look(): Promise<void> {
    if (await this.#paths.look()) await this.reload('file');
  }

  async #reload(cause: string): Promise<void> {
    try {
      const { now } = this.parts;
      const { built, problems } = await this.#build((files, options) => readAside(files, options, now));
      if (built === undefined) {
        this.#refuse(cause, problems);
        return;
      }
      const changes = await inTurns(kongChanges(this.#built?.configuration, built.configuration), now);
      // Requests go on all the while, and so may the end of the process.
      if (this.#ended) built.discard();
      else this.#take(built, cause, changes);
    } catch (error) {
      // Whatever a file makes go wrong, the gateway serves on with what it has; the words may quote the file.
      this.#refuse(cause, [
        { where: this.files.join(', '), message: `cannot be used (${(error as Error).name}).` },
      ]);
    }
  }

  async #build(
    readFiles: (files: readonly string[], options: FileOptions) => Promise<KongReading>,
  ): Promise<Attempt> {
    const { settings, environment, ...parts } = this.parts;
    const { files, strict, refuseOpen } = settings as NonNullable<typeof settings>;
    const read = await readFiles(files, { environment, strict, refuseOpen });
    if (read.configuration === undefined) {
      const others = await inTurns(remainderProblems(read.remainder, strict), parts.now);
      return { built: undefined, problems: [...read.problems.map(findingProblem), ...others] };
    }
    const built = await inTurns(buildKong(read.configuration, strict, parts), parts.now);
    if (built.problems.length > 0) {
      built.discard();
      return { built: undefined, problems: built.problems };
    }
    const warnings = [...read.warnings.map(findingProblem), ...built.warnings];
    return { built: { ...built, warnings }, problems: [] };
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

/** What came of the files as they are now. */
interface Attempt {
  /** `undefined` as soon as there is one problem. */
  readonly built: BuiltKong | undefined;
  readonly problems: readonly ConfigProblem[];
}
