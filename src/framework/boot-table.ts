import type { RouteView } from '../admin/route.view.js';
import { textTable } from './text-table.js';

const HEADINGS = ['METHOD', 'PATH', 'UPSTREAM', 'POLICIES', 'RUNS', 'BODY'] as const;

/** The route table as text: one line per proxy route, what runs on it, and why it is interpreted where it is. */
export function bootTable(routes: readonly RouteView[]): string {
  const [head, ...lines] = textTable(HEADINGS, routes.map(cellsOf));
  const noted = routes.flatMap(({ reasons }, index) => {
    const text = lines[index] as string;
    return reasons.length === 0 ? [text] : [text, `  interpreted because of ${reasons.join(', ')}`];
  });
  return [head, ...noted].join('\n');
}

function cellsOf(route: RouteView): readonly string[] {
  const policies = [...route.policies, ...route.exceptions.map((exception) => `(${exception})`)];
  return [
    methodsOf(route),
    route.path,
    route.upstream ?? '-',
    policies.join(' > ') || '-',
    route.mode,
    route.bufferLimitBytes === undefined ? route.body : `buffered to ${route.bufferLimitBytes} bytes`,
  ];
}

/** The methods of a route in one cell. */
export function methodsOf({ methods }: RouteView): string {
  return methods === 'ALL' ? 'ALL' : methods.join(',');
}
