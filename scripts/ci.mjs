import { askDemo } from './ask-demo.mjs';
import { countTests } from './check.mjs';
import { run } from './child.mjs';

// The whole proof of a fresh checkout. Runs before anything is installed, so it uses nothing but Node 20.
const checkCode = await run('npm', ['run', 'check']);
const tests = countTests();

console.log('\n── demo');
const demo = await askDemo();

// A check that fails without a failing test failed at a lint, a type or the like: that counts too.
const elsewhere = checkCode !== 0 && tests.failed === 0 ? 1 : 0;
const failed = tests.failed + demo.failed + elsewhere;
console.log(`\n${tests.passed + demo.passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
