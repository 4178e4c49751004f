import { createSecureContext, type SecureContext } from 'node:tls';
import type { ServerCertificate, ServerCertificates } from '../../contracts/server-certificate.js';
import type { ContextOptions } from './context.options.js';

/** A certificate that can be shown. */
export class ShownCertificate {
  readonly #names: ReadonlySet<string>;
  #context: SecureContext | undefined;

  constructor(
    readonly certificate: ServerCertificate,
    private readonly options: ContextOptions,
  ) {
    this.#names = new Set(certificate.names);
  }

  /** Made when it is first shown: a directory of a thousand names costs no more than those that are asked for. */
  get context(): SecureContext {
    const { chain, key } = this.certificate;
    this.#context ??= createSecureContext({ ...this.options, cert: chain, key: key.reveal() });
    return this.#context;
  }

  /** Whether it is for a host, in the spelling of {@link hostName}. */
  covers(host: string): boolean {
    return this.#names.has(host) || this.#names.has(wildcardOf(host));
  }
}

/** Chooses the certificate for a host: its exact name before a wildcard, a wildcard before the fallback (RFC 6125, section 6.4). */
export class CertificateStore {
  readonly fallback: ShownCertificate;
  readonly #byName = new Map<string, ShownCertificate>();

  constructor(
    { fallback, named }: ServerCertificates,
    readonly options: ContextOptions,
  ) {
    for (const certificate of named) this.#add(new ShownCertificate(certificate, options));
    const own = named.indexOf(fallback) < 0 ? undefined : this.#byName.get(fallback.names[0] as string);
    this.fallback = own ?? new ShownCertificate(fallback, options);
    this.#add(this.fallback);
  }

  choose(host: string): ShownCertificate {
    return this.#byName.get(host) ?? this.#byName.get(wildcardOf(host)) ?? this.fallback;
  }

  /** What was put there for a name comes first. */
  #add(shown: ShownCertificate): void {
    for (const name of shown.certificate.names) if (!this.#byName.has(name)) this.#byName.set(name, shown);
  }
}

/** One spelling for a host that a client names by SNI, `Host` or `:authority`: lower case, no port, no root dot. */
export function hostName(host: string): string {
  const bare = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');
  return (bare.endsWith('.') ? bare.slice(0, -1) : bare).toLowerCase();
}

/** The wildcard that would stand for a name: it takes the place of the first label and of no more. */
function wildcardOf(host: string): string {
  const dot = host.indexOf('.');
  return dot <= 0 ? '' : `*${host.slice(dot)}`;
}
