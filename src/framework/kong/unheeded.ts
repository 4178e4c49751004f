import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { KongConfiguration, KongPlace } from '../../kong/kong-configuration.js';
import { placeText } from '../../kong/place-text.js';

/** What a configuration asks for and is not done. */
export function unheeded({ services, upstreams }: KongConfiguration): readonly ConfigProblem[] {
  const unverified = services
    .filter(({ tlsVerify }) => tlsVerify === false)
    .map(({ place }) => ({
      where: fieldText(place, 'tls_verify'),
      message:
        'tls_verify is false; the certificate is verified nevertheless. Give the authority to the gateway in NODE_EXTRA_CA_CERTS.',
    }));
  const inTurn = upstreams
    .filter(({ algorithm }) => algorithm === 'latency')
    .map(({ place }) => ({
      where: fieldText(place, 'algorithm'),
      message: 'algorithm is latency; the targets take turns by weight, as with round-robin.',
    }));
  return [...unverified, ...inTurn];
}

function fieldText(place: KongPlace, field: string): string {
  return `${placeText(place)} ${place.path}.${field}`;
}
