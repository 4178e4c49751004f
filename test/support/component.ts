import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';

/** Programs of the machine that some promises are about, with the Debian package that brings each. */
export const COMPONENTS = {
  'redis-server': { commands: ['redis-server'], packageName: 'redis-server' },
  slowhttptest: { commands: ['slowhttptest'], packageName: 'slowhttptest' },
  testssl: { commands: ['testssl', 'testssl.sh'], packageName: 'testssl.sh' },
  chromium: { commands: ['chromium', 'chromium-browser', 'google-chrome'], packageName: 'chromium' },
} as const;

export type Component = keyof typeof COMPONENTS;

/** vitest's own words, for tests that need a component. */
export interface ComponentTests {
  readonly it: typeof it | typeof it.skip;
  readonly describe: typeof describe | typeof describe.skip;
  /** Where the program is; `undefined` when it is not installed. */
  readonly path: string | undefined;
}

/**
 * Tests about a real component: `const redis = needs('redis-server'); redis.describe('…', () => …)`.
 *
 * Where the component is missing they are listed as not run. Under `CI=true` that is a failure,
 * because there nobody reads the list.
 */
export function needs(component: Component): ComponentTests {
  const path = findComponent(component, process.env);
  if (path !== undefined) return { it, describe, path };
  if (failsWithout(process.env)) {
    it(`has ${component}, which tests of this file need`, () => {
      throw new Error(
        `${component} is not installed; on Debian: apt-get install ${COMPONENTS[component].packageName}`,
      );
    });
  }
  return { it: it.skip, describe: describe.skip, path };
}

/** Whether a missing component fails the run instead of being listed. */
export const failsWithout = (env: NodeJS.ProcessEnv): boolean => env['CI'] === 'true';

/** The component's program on this machine. */
export function findComponent(component: Component, env: NodeJS.ProcessEnv): string | undefined {
  // Debian keeps servers in sbin, which is not on every user's PATH.
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const candidates = COMPONENTS[component].commands.flatMap((name) => folders.map((at) => join(at, name)));
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
