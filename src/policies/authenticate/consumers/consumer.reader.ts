import type { ConfigProblem } from '../../../contracts/config-problem.js';
import { nearestName } from '../../../contracts/option-check.js';
import type {
  ApiKeyDeclaration,
  CertificateDeclaration,
  ConsumerDeclaration,
  PasswordDeclaration,
} from './consumer.declaration.js';
import type { ApiKeyRecord, CertificateRecord, ConsumerEntry, PasswordRecord } from './consumer.list.js';
import {
  API_KEY_RULES,
  CERTIFICATE_RULES,
  CONSUMER_RULES,
  type MemberRules,
  PASSWORD_RULES,
} from './consumer.rules.js';
import { UniqueNames } from './unique-names.js';

/**
 * Reads declared consumers and collects every mistake in them. The problems say where and what would be right, and
 * nothing of what stands there: a secret may have landed in any place.
 */
export class ConsumerReader {
  readonly problems: ConfigProblem[] = [];

  /** @param source what the problems stand under: `CONSUMERS_FILE` */
  constructor(
    private readonly source: string,
    private readonly names = new UniqueNames(),
  ) {}

  /** The consumers of a list; those with mistakes are left out. */
  list(declared: unknown, path: string): readonly ConsumerEntry[] {
    if (!Array.isArray(declared)) {
      this.#problem(path, 'must be a list of consumers.');
      return [];
    }
    return declared.flatMap((one, at) => this.consumer(one, `${path}[${at}]`) ?? []);
  }

  consumer(declared: unknown, path: string): ConsumerEntry | undefined {
    const given = this.members<ConsumerDeclaration>(declared, path, CONSUMER_RULES, ['id']);
    if (given === undefined) return undefined;
    this.names.add('consumer id', given.id, this.source, path);
    return {
      consumer: Object.freeze({
        id: given.id,
        name: given.name,
        customId: given.customId,
        plan: given.plan,
        groups: new Set(given.groups),
      }),
      apiKeys: this.#each(given.apiKeys, `${path}.apiKeys`, (key, at) => this.apiKey(key, at)),
      passwords: this.#each(given.passwords, `${path}.passwords`, (password, at) =>
        this.#password(password, at),
      ),
      certificates: this.#each(given.certificates, `${path}.certificates`, (certificate, at) =>
        this.#certificate(certificate, at),
      ),
    };
  }

  apiKey(declared: unknown, path: string): ApiKeyRecord | undefined {
    const given = this.members<ApiKeyDeclaration>(declared, path, API_KEY_RULES, ['id', 'digest']);
    if (given === undefined) return undefined;
    const notBeforeMs = momentOf(given.notBefore);
    const expiresAtMs = momentOf(given.expiresAt);
    if (notBeforeMs !== undefined && expiresAtMs !== undefined && expiresAtMs <= notBeforeMs) {
      this.#problem(`${path}.expiresAt`, 'is not after notBefore; the key would never be valid.');
      return undefined;
    }
    const digest = given.digest.slice('sha256:'.length);
    this.names.add('API key id', given.id, this.source, path);
    this.names.add('digest', digest, this.source, path);
    return { id: given.id, digest, scopes: new Set(given.scopes), notBeforeMs, expiresAtMs };
  }

  #password(declared: unknown, path: string): PasswordRecord | undefined {
    const given = this.members<PasswordDeclaration>(declared, path, PASSWORD_RULES, ['username', 'hash']);
    if (given === undefined) return undefined;
    this.names.add('username', given.username, this.source, path);
    return { username: given.username, hash: given.hash, scopes: new Set(given.scopes) };
  }

  #certificate(declared: unknown, path: string): CertificateRecord | undefined {
    const given = this.members<CertificateDeclaration>(declared, path, CERTIFICATE_RULES, ['id']);
    if (given === undefined) return undefined;
    const { id, commonName, name } = given;
    const fingerprint = given.fingerprint?.replaceAll(':', '').toLowerCase();
    if (fingerprint === undefined && commonName === undefined && name === undefined) {
      this.#problem(path, 'asks for nothing; give it a fingerprint, a commonName or a name.');
      return undefined;
    }
    this.names.add('certificate id', id, this.source, path);
    return { id, fingerprint, commonName, name, scopes: new Set(given.scopes) };
  }

  /** An object whose members all hold; `undefined`, and a problem for each that does not. */
  members<Declaration>(
    declared: unknown,
    path: string,
    rules: MemberRules<Declaration>,
    required: readonly (keyof Declaration & string)[],
  ): Declaration | undefined {
    if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) {
      this.#problem(path, 'must be an object.');
      return undefined;
    }
    const before = this.problems.length;
    for (const [name, value] of Object.entries(declared)) {
      if (!Object.hasOwn(rules, name)) this.#unknown(path, name, Object.keys(rules));
      else if (value !== undefined) {
        const wanted = rules[name as keyof Declaration](value);
        if (wanted !== undefined) this.#problem(`${path}.${name}`, `must be ${wanted}.`);
      }
    }
    for (const name of required) {
      if ((declared as Record<string, unknown>)[name] === undefined) {
        this.#problem(path, `has no ${name}; it needs one.`);
      }
    }
    return this.problems.length === before ? (declared as Declaration) : undefined;
  }

  #each<Record>(
    list: readonly unknown[] | undefined,
    path: string,
    read: (declared: unknown, path: string) => Record | undefined,
  ): readonly Record[] {
    return (list ?? []).flatMap((one, at) => read(one, `${path}[${at}]`) ?? []);
  }

  /** A name is shown when it is nearly one of ours; any other may be a value that slipped. */
  #unknown(path: string, name: string, known: readonly string[]): void {
    const nearest = nearestName(name, known);
    const mend =
      nearest === undefined
        ? `has a member that is not known; there are ${known.join(', ')}.`
        : `has a member ${JSON.stringify(name)}; did you mean ${nearest}?`;
    this.#problem(path, mend);
  }

  #problem(path: string, message: string): void {
    this.problems.push({ where: this.source, message: `${path} ${message}` });
  }
}

function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
