import { canonicalPath } from '../../contracts/canonical-path.js';
import type { ClientClaims } from '../../contracts/client-claims.js';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { show } from '../../contracts/option-check.js';
import { placeValue } from '../../contracts/place-value.js';
import {
  fillPlaces,
  PLACES_IN_WORDS,
  type Place,
  parseTemplate,
  unknownPlaces,
} from '../../contracts/value-template.js';
import { TRANSFORM_REQUEST } from './transform-request.decorator.js';

/** The path of the upstream request in place of the route's own; `undefined` keeps that. */
export type UpstreamPath = (exchange: Exchange) => string | undefined;

/** Everything wrong with a declared path, in plain words. */
export function checkUpstreamPath(path: string): string[] {
  const unknown = unknownPlaces(path, 'all');
  if (unknown.length > 0) {
    return unknown.map((place) => `path holds ${show(place)}; ${PLACES_IN_WORDS.all}.`);
  }
  const template = parseTemplate(path);
  // A place that stands first brings its own slash.
  const sample = template?.literals[0] === '' ? '/x' : 'x';
  const filled = template === undefined ? path : fillPlaces(template, () => sample)?.replaceAll('//x', '/x');
  if (filled !== undefined && canonicalPath(filled) !== undefined) return [];
  return [
    `path is ${show(path)}; must be a path from the root that can be read in one way only: no query, no empty or dot segments, other characters percent-encoded.`,
  ];
}

/**
 * What is filled in is percent-encoded, slashes apart, so that it can end neither the path nor the request line.
 *
 * @throws GatewayError `ambiguous-path` from the function when what was filled in leaves a path that can be read in more
 * than one way
 */
export function compileUpstreamPath(path: string, mint: () => string, claims: ClientClaims): UpstreamPath {
  const template = parseTemplate(path);
  if (template === undefined) {
    const fixed = canonicalPath(path);
    return () => fixed;
  }
  return (exchange) => {
    const filled = fillPlaces(template, (place) => segments(place, exchange, mint, claims));
    if (filled === undefined) return undefined;
    const canonical = canonicalPath(filled);
    if (canonical !== undefined) return canonical;
    throw new GatewayError('ambiguous-path', {
      policy: TRANSFORM_REQUEST,
      detail: 'The path that the request is sent on with can be read in more than one way.',
    });
  };
}

function segments(
  place: Place,
  exchange: Exchange,
  mint: () => string,
  claims: ClientClaims,
): string | undefined {
  const bytes = place.kind === 'uuid' ? mint() : placeValue(exchange, place, claims);
  return bytes?.replace(
    RESERVED,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Everything but RFC 3986's `pchar` and the slash. */
const RESERVED = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;
