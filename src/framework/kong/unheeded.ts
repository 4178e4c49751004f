import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { KongConfiguration, KongPlace } from '../../kong/kong-configuration.js';

/** What a configuration asks for and is not done. */
export function unheeded({ services, upstreams }: KongConfiguration): readonly ConfigProblem[] {
  const unverified = services
    .filter(({ tlsVerify }) => tlsVerify === false)
    .map(({ place }) => ({
      where: placeText(place, 'tls_verify'),
      message:
        'tls_verify is false; the certificate is verified nevertheless. Give the authority to the gateway in NODE_EXTRA_CA_CERTS.',
    }));
  const inTurn = upstreams
    .filter(({ algorithm }) => algorithm === 'latency')
    .map(({ place }) => ({
      where: placeText(place, 'algorithm'),
      message: 'algorithm is latency; the targets take turns by weight, as with round-robin.',
    }));
  return [...unverified, ...inTurn];
}

function placeText({ file, line, column, path }: KongPlace, field: string): string {
  return `${file}:${line}:${column} ${path}.${field}`;
}
