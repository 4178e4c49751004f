import { existsSync, readFileSync } from 'node:fs';
import { table } from './tables.js';

/** What bench/report.mjs writes to results.json, as far as it is read here. */
interface BenchResults {
  readonly machine: {
    readonly date: string;
    readonly cpu: string;
    readonly node: string;
    readonly commit: string;
  };
  readonly rows: readonly {
    readonly title: string;
    readonly subject: { readonly label: string };
    readonly contests: readonly {
      readonly gateway: { readonly cpu: number };
      readonly reference: { readonly label: string; readonly cpu: number };
      readonly cpuRatio: number;
    }[];
  }[];
}

const RESULTS = new URL('../../../bench/results.json', import.meta.url);

/** Writes `figures`: the CPU cost of a request beside other gateways, from the last full run of the benchmark. */
export function figuresRegion(): string {
  return existsSync(RESULTS)
    ? figuresOf(JSON.parse(readFileSync(RESULTS, 'utf8')) as BenchResults)
    : 'No full run of the benchmark is recorded in this checkout. `npm run bench` makes one.';
}

function figuresOf({ machine, rows }: BenchResults): string {
  const body = rows.flatMap(({ title, subject, contests }) =>
    contests.map(({ gateway, reference, cpuRatio }) => [
      title,
      `${subject.label}: ${gateway.cpu.toFixed(1)}`,
      `${reference.label}: ${reference.cpu.toFixed(1)}`,
      cpuRatio.toFixed(2),
    ]),
  );
  return [
    `CPU µs per request, ${machine.date.slice(0, 10)}, ${machine.cpu}, Node ${machine.node}, commit ${machine.commit}:`,
    table(['Row', 'Ours', 'Theirs', 'Ours ÷ theirs'], body),
  ].join('\n\n');
}
