import { cpus } from 'node:os';
import { nanosecondsPerCall } from './stopwatch.mjs';
import { subjects } from './subjects.mjs';

// Times the single steps of a request, one after the other, in this process: `npm run bench:micro -- [WORD …]`.
const words = process.argv.slice(2);
const { steps, close } = subjects();
const chosen = Object.entries(steps).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);

console.log(
  `Node ${process.version}, ${cpus()[0]?.model}; nanoseconds a call, median and fastest of 9 batches\n`,
);
for (const [name, step] of chosen) {
  const { median, fastest } = nanosecondsPerCall(step);
  console.log(`${name.padEnd(46)} ${median.toFixed(0).padStart(8)} ${fastest.toFixed(0).padStart(8)}`);
}
close();
