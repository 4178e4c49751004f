import type { OnApplicationShutdown } from '@nestjs/common';
import type { GatewaySettings } from '../../config/gateway-settings.js';
import { everyInterval } from '../../config/secret-files.watcher.js';
import { WatchedPaths } from '../../config/watched-paths.js';
import { ConfigError, type ConfigProblem } from '../../contracts/config-problem.js';
import type { Environment } from '../../contracts/environment.js';
import { findingProblem } from '../../kong/document/document-report.js';
import { readKongFiles } from '../../kong/document/read-kong-files.js';
import { kongChanges } from '../../kong/plan/kong-changes.js';
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
    const { built, problems } = await this.#build();
    if (built === undefined) throw new ConfigError(problems);
    this.#take(built, 'boot');
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
    this.#stop?.();
    this.#built?.routes.retire();
  }

  #changed: (source: RouteSource | undefined) => void = () => {};

  async #look(): Promise<void> {
    if (await this.#paths.look()) await this.reload('file');
  }

  async #reload(cause: string): Promise<void> {
    try {
      const { built, problems } = await this.#build();
      if (built === undefined) this.#refuse(cause, problems);
      else this.#take(built, cause);
    } catch (error) {
      // Whatever a file makes go wrong, the gateway serves on with what it has; the words may quote the file.
      this.#refuse(cause, [
        { where: this.files.join(', '), message: `cannot be used (${(error as Error).name}).` },
      ]);
    }
  }

  async #build(): Promise<Attempt> {
    const { settings, environment, ...parts } = this.parts;
    const { files, strict, refuseOpen } = settings as NonNullable<typeof settings>;
    const read = await readKongFiles(files, { environment, strict, refuseOpen });
    if (read.configuration === undefined) {
      return { built: undefined, problems: read.problems.map(findingProblem) };
    }
    const built = buildKong(read.configuration, strict, parts);
    if (built.problems.length > 0) {
      built.discard();
      return { built: undefined, problems: built.problems };
    }
    const warnings = [...read.warnings.map(findingProblem), ...built.warnings];
    return { built: { ...built, warnings }, problems: [] };
  }

  #take(built: BuiltKong, cause: string): void {
    const { events } = this.parts;
    const before = this.#built;
    const { added, removed, changed } = kongChanges(before?.configuration, built.configuration);
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
      // All of it is new at boot.
      ...(before === undefined ? {} : { added, removed, changed }),
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
