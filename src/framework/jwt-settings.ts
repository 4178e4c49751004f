import type { GatewaySettings } from '../config/gateway-settings.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import type { JwtSettings } from '../policies/authenticate/jwt/jwt.settings.js';
import type { KeySetObserver } from '../policies/authenticate/jwt/key-set-observer.js';

/** What the settings say about tokens, in the words of the identity policy. */
export function jwtSettings({ jwt }: GatewaySettings): JwtSettings {
  const { key } = jwt;
  return {
    secret: key?.kind === 'secret' ? key.secret.reveal() : undefined,
    publicKey: key?.kind === 'public-key' ? key.pem : undefined,
    jwks: key?.kind === 'key-set' ? key.text.reveal() : undefined,
    jwksUri: key?.kind === 'jwks' ? key.uri : undefined,
    discovery: key?.kind === 'discovery' ? true : undefined,
    issuer: jwt.issuer,
    audience: jwt.audience,
    algorithms: jwt.algorithms,
    clockSkewSeconds: jwt.clockSkewSeconds,
    refreshMs: jwt.refreshMs,
    staleMs: jwt.staleMs,
  };
}

/** One line when an issuer's keys are no longer to be had, and one when they are again. */
export function keySetEvents(events: EventLog): KeySetObserver {
  return {
    failing: (source, reason) => events.warn(EVENTS.keySetFailing, { source, reason }),
    recovered: (source) => events.info(EVENTS.keySetRecovered, { source }),
  };
}
