import type { MapNode } from '../text/document-node.js';

export const ENTITY_KINDS = [
  'services',
  'routes',
  'upstreams',
  'targets',
  'consumers',
  'jwt_secrets',
  'keyauth_credentials',
  'basicauth_credentials',
  'acls',
  'plugins',
] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** What stands at the head of a file and counts for everything in it. */
export interface FileHeader {
  readonly formatVersion: '1.1' | '2.1' | '3.0';
  /** Passwords of basic-auth are plain. */
  readonly transform: boolean;
  /** decK's shared plugin configurations, by name. */
  readonly pluginConfigs: ReadonlyMap<string, MapNode>;
}

/** An entity where it was found, before its fields are read. */
export interface DeclaredEntity {
  readonly kind: EntityKind;
  readonly node: MapNode;
  /** `services[0].routes[1]` */
  readonly path: string;
  /** What it is nested in. */
  readonly parent: DeclaredEntity | undefined;
  readonly header: FileHeader;
}

/** Which entities may be nested in which. */
export const NESTED: { readonly [kind in EntityKind]: readonly EntityKind[] } = {
  services: ['routes', 'plugins'],
  routes: ['plugins'],
  upstreams: ['targets'],
  targets: [],
  consumers: ['jwt_secrets', 'keyauth_credentials', 'basicauth_credentials', 'acls', 'plugins'],
  jwt_secrets: [],
  keyauth_credentials: [],
  basicauth_credentials: [],
  acls: [],
  plugins: [],
};

/** The field by which messages and references call an entity. */
export const KEY_FIELDS: { readonly [kind in EntityKind]: string } = {
  services: 'name',
  routes: 'name',
  upstreams: 'name',
  targets: 'target',
  consumers: 'username',
  jwt_secrets: 'key',
  keyauth_credentials: 'key',
  basicauth_credentials: 'username',
  acls: 'group',
  plugins: 'instance_name',
};
