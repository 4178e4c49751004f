import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { KongConfiguration } from '../../kong/kong-configuration.js';
import { placeText } from '../../kong/place-text.js';

/** Routes by whose own path no request ever comes. */
export function hidden({ routes }: KongConfiguration, reserved: readonly string[]): readonly ConfigProblem[] {
  return routes.flatMap(({ paths, place }) =>
    paths
      .filter((path) => reserved.includes(path))
      .map((path) => ({
        where: `${placeText(place)} ${place.path}.paths`,
        message: `${path} itself is answered by the gateway, before any route; HEALTH_PATH and IDENTITY_JWKS_PATH give it other paths.`,
      })),
  );
}
