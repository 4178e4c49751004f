const CERTIFICATES = 'the gateway serves one certificate: TLS_CERT_FILE and TLS_KEY_FILE';
const AUTHORITIES =
  'authorities are files: TLS_CLIENT_CA_FILE for clients, tls.caFile of an upstream in code';
const KEYS = 'keys of tokens come from jwt_secrets, or in code from jwt() with JWT_JWKS_URI';
const OAUTH_SERVER =
  'the gateway issues no tokens; take an identity provider and jwt() or introspection() in code';
const ENTERPRISE = 'it is part of Kong Enterprise';

/** Entities of Kong that are not carried out, with what there is instead, behind `is not carried out here: `. */
export const UNCARRIED_ENTITIES: Readonly<Record<string, string>> = {
  certificates: CERTIFICATES,
  snis: CERTIFICATES,
  ca_certificates: AUTHORITIES,
  vaults: 'secrets come from the environment: {vault://env/NAME}, or DECK_ variables as decK has them',
  key_sets: KEYS,
  keys: KEYS,
  filter_chains: 'filters in WebAssembly are not run; write a policy in code',
  parameters: 'it holds settings of a Kong cluster',
  workspaces: 'it is part of Kong Enterprise; give each workspace its own gateway',
  licenses: ENTERPRISE,
  consumer_groups: `${ENTERPRISE}; groups of consumers are acls`,
  consumer_group_consumers: `${ENTERPRISE}; groups of consumers are acls`,
  consumer_group_plugins: `${ENTERPRISE}; groups of consumers are acls`,
  rbac_roles: `${ENTERPRISE}; the admin port is guarded by ADMIN_TOKEN`,
  partials: `${ENTERPRISE}; repeat the configuration, or use a YAML anchor`,
  event_hooks: ENTERPRISE,
  service_packages: ENTERPRISE,
  hmacauth_credentials: 'signed requests come with a later version; there are jwt, key-auth and basic-auth',
  oauth2_credentials: OAUTH_SERVER,
  oauth2_tokens: OAUTH_SERVER,
  mtls_auth_credentials: 'client certificates are known in code: clientCertificate()',
  acme_storage: 'certificates are renewed outside; TLS_CERT_FILE is reloaded when it changes',
  sessions: 'sessions in cookies are not kept here; take an identity provider and jwt() with a cookie',
  graphql_ratelimiting_cost_decorations: ENTERPRISE,
  degraphql_routes: ENTERPRISE,
  custom_plugins: 'Lua is not run; write a policy in code',
};
