import { TEST_SECRET } from './gateway.harness.js';

/**
 * The public and the protected prefix of the threats' application as a Kong file. Its paths are regexes, for a prefix of
 * Kong is one of text and not of segments.
 */
export function threatsFile(url: string): string {
  return `
_format_version: "3.0"
services:
  - name: public-service
    url: ${url}/public
    routes: [{name: public, paths: ['~/api$', '~/api/']}]
  - name: admin-service
    url: ${url}
    routes:
      - {name: admin, paths: ['~/admin$', '~/admin/'], strip_path: false, plugins: [{name: jwt, config: {key_claim_name: sub}}]}
consumers:
  - {username: alice, jwt_secrets: [{key: alice, secret: ${TEST_SECRET}}]}
`;
}
