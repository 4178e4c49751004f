import type { RouteView } from '../admin/route.view.js';

const HEADINGS = ['METHOD', 'PATH', 'UPSTREAM', 'POLICIES', 'RUNS', 'BODY'] as const;

/** The route table as text: one line per proxy route, what runs on it, and why it is interpreted where it is. */
export function bootTable(routes: readonly RouteView[]): string {
  const rows = routes.map(cellsOf);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd();
  const lines = routes.flatMap((route, index) => {
    const text = line(rows[index] as readonly string[]);
    return route.reasons.length === 0
      ? [text]
      : [text, `  interpreted because of ${route.reasons.join(', ')}`];
  });
  return [line(HEADINGS), ...lines].join('\n');
}

function cellsOf(route: RouteView): readonly string[] {
  const policies = [...route.policies, ...route.exceptions.map((exception) => `(${exception})`)];
  return [
    route.methods === 'ALL' ? 'ALL' : route.methods.join(','),
    route.path,
    route.upstream ?? '-',
    policies.join(' > ') || '-',
    route.mode,
    route.bufferLimitBytes === undefined ? route.body : `buffered to ${route.bufferLimitBytes} bytes`,
  ];
}
