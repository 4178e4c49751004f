import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { KongPlace, KongRoute } from '../kong-configuration.js';
import { placeText } from '../place-text.js';

/** A mistake in what a route asks of requests. */
export interface KongRouteProblem extends ConfigProblem {
  /** That of the route, with the field added to its path: `services[0].routes[1].paths[0]`. */
  readonly place: KongPlace;
}

/** Names the route, its place and the field, and says what is wrong with it. */
export function routeProblem(route: KongRoute, field: string, message: string): KongRouteProblem {
  const { place } = route;
  return {
    where: `${placeText(place)}: route ${routeLabel(route)}`,
    message: onOneLine(`${field} ${message}`),
    place: { ...place, path: `${place.path}.${field}` },
  };
}

/** What people know a route by. */
export function routeLabel(route: KongRoute): string {
  return route.name ?? route.place.path;
}

const SHOWN = 80;

/** A text of the file for a message, cut where it is long. */
export function quoted(text: string): string {
  return `'${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}'`;
}

const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** A name or a pattern may hold line breaks, and what moves a terminal's cursor. */
function onOneLine(message: string): string {
  return message.replace(CONTROLS, (control) => `\\u{${control.charCodeAt(0).toString(16)}}`);
}
