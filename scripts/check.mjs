import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { run } from './child.mjs';
import { bin, root } from './project.mjs';

/** Where vitest leaves its counts for whoever reads them after us. */
export const TEST_REPORT = join(root, 'coverage', 'tests.json');

const tool =
  (name, ...args) =>
  () =>
    run(join(bin, name), args);

/**
 * Everything a change must pass, cheapest first; a failing step does not hide what the others would say.
 *
 * @type {readonly (readonly [string, () => Promise<number>])[]}
 */
const STEPS = [
  ['format and lint', tool('biome', 'check', '--error-on-warnings')],
  ['lint with types', tool('oxlint', '--type-aware', '--deny-warnings')],
  ['types', tool('tsc', '--noEmit', '--incremental', 'false')],
  ['import table', tool('depcruise', '--config', '.dependency-cruiser.cjs', 'src')],
  ['dead code', tool('knip')],
  ['build', () => ensureBuilt().then(() => 0, failed)],
  ['tests', () => tests()],
];

/** Runs every step and says at the end which failed. Gives the exit code. */
export async function check() {
  const failures = [];
  for (const [name, step] of STEPS) {
    console.log(`\n── ${name}`);
    const startedAt = performance.now();
    const code = await step();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`── ${name}: ${code === 0 ? 'passed' : `FAILED (exit ${code})`} in ${seconds} s`);
    if (code !== 0) failures.push(name);
  }
  console.log(`\nTests: ${countTests().text}.`);
  console.log(
    failures.length === 0
      ? `All ${STEPS.length} steps of the check passed.`
      : `The check failed at: ${failures.join(', ')}.`,
  );
  return failures.length === 0 ? 0 : 1;
}

/** @param {readonly string[]} filters file names for vitest */
export function tests(filters = [], env = {}) {
  mkdirSync(join(root, 'coverage'), { recursive: true });
  rmSync(TEST_REPORT, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${TEST_REPORT}`];
  return run(join(bin, 'vitest'), ['run', ...reporters, ...filters], { env });
}

/** What the last run of the tests counted. */
export function countTests() {
  try {
    const {
      numPassedTests: passed,
      numFailedTests: failedTests,
      numPendingTests: notRun,
      success,
    } = JSON.parse(readFileSync(TEST_REPORT, 'utf8'));
    // A file that does not even load fails the run without counting as a test.
    const failedCount = success ? failedTests : Math.max(failedTests, 1);
    return {
      passed,
      failed: failedCount,
      text: `${passed} passed, ${failedCount} failed, ${notRun} not run`,
    };
  } catch {
    return { passed: 0, failed: 1, text: 'no result' };
  }
}

function failed(error) {
  console.error(error.message);
  return 1;
}
