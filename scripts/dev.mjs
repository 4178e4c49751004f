import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { serve } from './child.mjs';
import { bin, pinnedNode, root } from './project.mjs';

/** Compiles on every save and restarts the demo gateway with what was compiled. */
export async function dev(args) {
  const compiler = spawn(
    join(bin, 'tsc'),
    ['-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  process.on('exit', () => compiler.kill());
  return serve(pinnedNode, ['--watch', '--watch-preserve-output', 'dist/demo/main.js', ...args]);
}
