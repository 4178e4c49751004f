import { readTextFile } from '../config/configuration-sources.js';
import type { TlsSettings } from '../config/gateway-settings.js';
import { type Every, everyInterval } from '../config/secret-files.watcher.js';
import { readServerCertificates } from '../config/tls-certificates.js';
import { type FileSight, fileSight, WatchedFile } from '../config/watched-file.js';
import type { ServerCertificate, ServerCertificates } from '../contracts/server-certificate.js';
import { EVENTS, type EventLog } from '../observability/events.js';

/** Only whether one changed: what they hold is read all at once. A directory changes with the names in it. */
const SIGHT: FileSight = { identity: (path) => fileSight.identity(path), read: async () => '' };

/** A change is taken when two looks saw the same, so within twice this, and a new certificate within a second. */
const LOOK_EVERY_MS = 250;
/** A look at a file costs some 50 µs; beyond so many, looks come less often. */
const FILES_PER_LOOK = 100;

export interface WatchedCertificatesOptions {
  readonly settings: TlsSettings;
  readonly events: EventLog;
  /** Shows others from now on. */
  readonly renew: (certificates: ServerCertificates) => void;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
  readonly every?: Every;
}

/**
 * Lets changed files of the TLS port take effect for new connections, if boot would have accepted them. What cannot be
 * used leaves in place what the same file gave before; the others are not held back by it.
 */
export class WatchedCertificates {
  readonly #options: WatchedCertificatesOptions;
  #held: ServerCertificates;
  #files: readonly WatchedFile[] = [];
  /** The problems told last, so that each state is told once. */
  #refused = '';
  #looking = false;
  #stop: (() => void) | undefined;

  constructor(options: WatchedCertificatesOptions) {
    this.#options = options;
    this.#held = options.settings.certificates;
  }

  start(): void {
    const { settings } = this.#options;
    this.#watch(readServerCertificates(settings.files, readTextFile, this.#held).files);
    this.#tellExpired(allOf(this.#held));
    const { every = everyInterval } = this.#options;
    const crowding = Math.ceil(this.#files.length / FILES_PER_LOOK);
    this.#stop = every(LOOK_EVERY_MS * crowding, () => void this.look());
  }

  stop(): void {
    this.#stop?.();
  }

  /** Looks at every file once. A look that hangs, on a volume that is gone, is not joined by another. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const found = await Promise.all(this.#files.map((file) => file.look()));
      if (found.some((change) => change !== undefined)) this.#judge();
    } finally {
      this.#looking = false;
    }
  }

  /** All are read again: a certificate and its key change together, and are taken together. */
  #judge(): void {
    const { settings, events, renew } = this.#options;
    const read = readServerCertificates(settings.files, readTextFile, this.#held);
    this.#watch(read.files);
    const reasons = read.problems.map(({ where, message }) => `${where}: ${message}`);
    const told = reasons.join('\n');
    const healed = this.#refused !== '' && told === '';
    if (told !== '' && told !== this.#refused) events.error(EVENTS.serverCertificatesRefused, { reasons });
    this.#refused = told;
    const { certificates } = read;
    const changed = certificates === undefined ? [] : changedIn(certificates, this.#held);
    if (certificates !== undefined && (changed.length > 0 || isSmaller(certificates, this.#held))) {
      renew(certificates);
      this.#held = certificates;
    } else if (!healed) return;
    events.info(EVENTS.serverCertificatesReloaded, { changed: changed.map(({ source }) => source) });
    this.#tellExpired(changed);
  }

  #watch(paths: readonly string[]): void {
    const known = new Map(this.#files.map((file) => [file.path, file]));
    this.#files = [...new Set(paths)].map((path) => known.get(path) ?? new WatchedFile(path, SIGHT));
  }

  /** Clients will refuse it; the gateway serves on, for other names and for those who do not look. */
  #tellExpired(certificates: readonly ServerCertificate[]): void {
    const { events, nowMs = Date.now } = this.#options;
    for (const { source, expiresAt } of certificates) {
      if (expiresAt > nowMs()) continue;
      events.warn(EVENTS.serverCertificateExpired, { source, expiredAt: new Date(expiresAt).toISOString() });
    }
  }
}

const allOf = ({ fallback, named }: ServerCertificates): readonly ServerCertificate[] => [
  ...new Set([fallback, ...named]),
];

/** Those that are new, or all when other authorities are believed: what a file gave before is given again unchanged. */
function changedIn(now: ServerCertificates, before: ServerCertificates): readonly ServerCertificate[] {
  const held = new Set(allOf(before));
  return now.clientCa === before.clientCa ? allOf(now).filter((one) => !held.has(one)) : allOf(now);
}

const isSmaller = (now: ServerCertificates, before: ServerCertificates): boolean =>
  now.named.length < before.named.length;
