import { callersPhrase, needsPhrases } from '../admin/access.phrase.js';
import type { RouteView } from '../admin/route.view.js';
import type { RouteAccess } from '../contracts/route-access.js';
import { methodsOf } from './boot-table.js';
import { textTable } from './text-table.js';

const HEADINGS = ['METHOD', 'PATH', 'CALLERS', 'WITH', 'HANDLER'] as const;

/** Who may call what, as text: one line per proxy route. */
export function accessTable(routes: readonly RouteView[]): string {
  return textTable(HEADINGS, routes.map(cellsOf)).join('\n');
}

function cellsOf(route: RouteView): readonly string[] {
  const { access, path, handler } = route;
  const asked: RouteAccess = { isPublic: access.public, requirements: access.requirements };
  const needs = [...needsPhrases(asked), ...access.guards.map((guard) => `leave of ${guard}`)];
  return [methodsOf(route), path, callersPhrase(asked), needs.join(', ') || '-', handler];
}
