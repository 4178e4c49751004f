import type { RequestExplanation } from '../admin/request.explanation.js';
import { routeViews } from '../admin/route.view.js';
import type { PlannedPolicy, PlannedRoute } from '../routing/planned-route.js';

/** An explanation for people. */
export function explanationText(request: string, explanation: RequestExplanation): string {
  switch (explanation.outcome) {
    case 'reserved':
      return `${request}: the gateway answers itself (health, or the keys of its tokens), before any route.\n`;
    case 'refused':
      return `${request}: ${explanation.status} by ${explanation.route}, which takes it by https only.\n`;
    case 'options':
      return `${request}: 204, the gateway answers itself; the path takes ${explanation.allow.join(', ')}.\n`;
    case 'method-not-allowed':
      return `${request}: 405, the path takes ${explanation.allow.join(', ')}.\n`;
    case 'falls-through':
      return `${request}: no route; it goes on to Express, where something else of the application may answer.\n`;
    case 'not-found':
      return `${request}: 404, no route takes it.\n`;
    case 'route':
      return routeText(request, explanation.route, explanation.params);
  }
}

/** An explanation for programs. */
export function explanationJson(request: string, explanation: RequestExplanation): string {
  const told =
    explanation.outcome === 'route'
      ? {
          request,
          outcome: explanation.outcome,
          params: explanation.params,
          mode: explanation.route.mode,
          // An ordinary controller's route has no view: nothing of the gateway runs on it.
          route: routeViews([explanation.route])[0] ?? null,
        }
      : { request, ...explanation };
  return `${JSON.stringify(told, null, 2)}\n`;
}

function routeText(request: string, route: PlannedRoute, params: Readonly<Record<string, string>>): string {
  const { facts } = route;
  const rows: (readonly [string, string])[] = [];
  // Of an ordinary controller's route only the path is known here.
  if (route.mode !== 'foreign') rows.push(['handler', facts.handler]);
  if (facts.upstream !== undefined) rows.push(['upstream', facts.upstream]);
  for (const [name, value] of Object.entries(params)) rows.push(['parameter', `${name} = ${value}`]);
  for (const policy of route.policies) rows.push([policy.stage, policyText(policy)]);
  for (const exception of route.exceptions) rows.push(['switched off', exception]);
  rows.push(['runs', modeText(route)]);
  const width = Math.max(...rows.map(([title]) => title.length));
  const lines = rows.map(([title, text]) => `  ${title.padEnd(width)}  ${text}`);
  return `${request} → ${facts.id}\n${lines.join('\n')}\n`;
}

function policyText({ name, description, bufferLimitBytes }: PlannedPolicy): string {
  const buffered = bufferLimitBytes === undefined ? '' : ` (holds the body, up to ${bufferLimitBytes} bytes)`;
  return `${name} ${description}`.trim() + buffered;
}

function modeText({ mode, reasons }: PlannedRoute): string {
  switch (mode) {
    case 'compiled':
      return 'compiled';
    case 'interpreted':
      return `interpreted, because of ${reasons.join(', ')}`;
    case 'foreign':
      return 'in Nest alone: an ordinary controller, which the gateway only correlates and records';
  }
}
