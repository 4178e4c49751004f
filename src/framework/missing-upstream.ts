import { ConfigError } from '../contracts/config-problem.js';
import { upstreamNameOf } from './decorators/inject-upstream.decorator.js';

/** What Nest's error about a dependency it cannot find tells, as far as it is read here. */
interface UnknownDependency {
  readonly type: unknown;
  readonly context: { readonly name?: unknown };
}

/**
 * Nest's error about an upstream that a module injects and does not import, as a problem with its mend.
 * Nest stops at the first one and before the routes are seen, so it stands alone. Any other error is returned as it is.
 */
export function explainMissingUpstream(error: unknown): unknown {
  if (!isUnknownDependency(error)) return error;
  const upstream = upstreamNameOf(error.context.name);
  if (upstream === undefined) return error;
  const where = typeof error.type === 'function' ? error.type.name : String(error.type);
  return new ConfigError([
    {
      where,
      message: `the upstream "${upstream}" is not imported; add UpstreamModule.forFeature(…) to the imports of the module that declares ${where}.`,
    },
  ]);
}

function isUnknownDependency(error: unknown): error is UnknownDependency {
  return (
    error instanceof Error && error.constructor.name === 'UnknownDependenciesException' && 'context' in error
  );
}
