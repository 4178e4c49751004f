import type { GatewaySettings } from '../config/gateway-settings.js';
import type { JwtSettings } from '../policies/authenticate/jwt/jwt.settings.js';

/** What the settings say about tokens, in the words of the identity policy. */
export function jwtSettings({ jwt }: GatewaySettings): JwtSettings {
  const { key } = jwt;
  return {
    secret: key?.kind === 'secret' ? key.secret.reveal() : undefined,
    publicKey: key?.kind === 'public-key' ? key.pem : undefined,
    jwksUri: key?.kind === 'jwks' ? key.uri : undefined,
    issuer: jwt.issuer,
    audience: jwt.audience,
    algorithms: jwt.algorithms,
    clockSkewSeconds: jwt.clockSkewSeconds,
  };
}
