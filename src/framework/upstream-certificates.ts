import { type Every, everyInterval } from '../config/secret-files.watcher.js';
import { WatchedFile } from '../config/watched-file.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import type { TlsIdentity, TlsMaterial } from '../proxy/http1/tls-identity.js';
import type { TlsSettings } from '../proxy/upstream/tls.options.js';
import { readTlsFiles } from '../proxy/upstream/tls-files.js';

/** A change is taken when two looks saw the same, so within twice this. */
const LOOK_EVERY_MS = 500;

interface Watched {
  readonly upstream: string;
  readonly settings: TlsSettings;
  readonly identity: TlsIdentity;
  readonly files: readonly WatchedFile[];
  held: TlsMaterial;
  /** The problems told last, so that each state is told once. */
  refused: string;
}

/**
 * Lets changed certificate files of upstreams take effect for new connections, if boot would have accepted them;
 * until then the old ones stay.
 */
export class UpstreamCertificates {
  readonly #watched: Watched[] = [];
  #looking = false;
  #stop: (() => void) | undefined;

  constructor(
    private readonly events: EventLog,
    private readonly every: Every = everyInterval,
  ) {}

  watch(upstream: string, settings: TlsSettings, identity: TlsIdentity): void {
    const paths = Object.values(settings.files).filter((path) => path !== undefined);
    if (paths.length === 0) return;
    const files = paths.map((path) => new WatchedFile(path));
    this.#watched.push({ upstream, settings, identity, files, held: settings.material, refused: '' });
    this.#stop ??= this.every(LOOK_EVERY_MS, () => void this.look());
  }

  stop(): void {
    this.#stop?.();
  }

  /** Looks at every file once. A look that hangs, on a volume that is gone, is not joined by another. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const watched of this.#watched) if (await hasChanged(watched.files)) this.#judge(watched);
    } finally {
      this.#looking = false;
    }
  }

  /** All files of the upstream are read again: a certificate and its key change together, and are taken together. */
  #judge(watched: Watched): void {
    const { upstream, settings, identity, held } = watched;
    const { material, problems } = readTlsFiles(settings.files);
    if (material === undefined) {
      const reasons = problems.join('\n');
      if (watched.refused !== reasons)
        this.events.error(EVENTS.certificatesRefused, { upstream, reasons: problems });
      watched.refused = reasons;
      return;
    }
    const same = material.ca === held.ca && material.cert === held.cert && material.key === held.key;
    // The first look after boot finds what boot read; only after a refusal is that news.
    if (same && watched.refused === '') return;
    if (!same) identity.renew(material);
    watched.held = material;
    watched.refused = '';
    this.events.info(EVENTS.certificatesReloaded, { upstream });
  }
}

async function hasChanged(files: readonly WatchedFile[]): Promise<boolean> {
  let changed = false;
  for (const file of files) if ((await file.look()) !== undefined) changed = true;
  return changed;
}
