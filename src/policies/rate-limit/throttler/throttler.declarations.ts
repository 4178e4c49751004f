import type { ThrottlerModuleOptions, ThrottlerOptions } from '@nestjs/throttler';
import type { PolicyDeclaration } from '../../../contracts/policy.js';
import { declarationName } from '../declaration-name.js';
import { RATE_LIMIT, type RateLimitOptions } from '../rate-limit.options.js';
import { namedThrottlers, type ThrottlerWords, throttlerWords } from './throttler.metadata.js';

type Controller = abstract new (...args: never[]) => unknown;
type CommonOptions = Exclude<ThrottlerModuleOptions, unknown[]>;

/** Stands in a declaration's options where @nestjs/throttler was told something that only its guard understands. */
export class InexpressibleThrottle {
  constructor(
    /** `limit of @Throttle is a function`, to be shown as the reason why a route is interpreted. */
    readonly reason: string,
  ) {}
}

/** Why the declaration needs RateLimitGuard itself to run, on an interpreted route; `undefined` when it does not. */
export function needsThrottlerGuard(declaration: PolicyDeclaration | undefined): string | undefined {
  return declaration?.options instanceof InexpressibleThrottle ? declaration.options.reason : undefined;
}

/** The limit of routes that carry RateLimitGuard and no limit of their own. */
export function defaultThrottlers(): ThrottlerOptions[] {
  return [{ name: 'default', limit: 1000, ttl: 60_000 }];
}

/**
 * What `@Throttle` and `@SkipThrottle` say about a method, as a rate-limit declaration: none, or one.
 *
 * `@RateLimit` and `@NoRateLimit` win over it wherever they stand. As in ThrottlerGuard each method counts apart,
 * also where the decorator stands on the controller. Whom it counts against is as with `@RateLimit`.
 */
export function throttlerDeclarations(
  controller: Controller,
  method: string,
  module: ThrottlerModuleOptions = defaultThrottlers(),
): readonly PolicyDeclaration[] {
  const handler = (controller.prototype as Record<string, unknown>)[method];
  const holders = typeof handler === 'function' ? [handler, controller] : [controller];
  const named = namedThrottlers(holders);
  if (named.size === 0) return [];
  return [declarationOf(module, named, holders, declarationName(controller, method), '@Throttle')];
}

/** What RateLimitGuard stands for where nothing else declares a limit: the module's own throttler, per route. */
export function throttlerDefault(module: ThrottlerModuleOptions): PolicyDeclaration {
  return declarationOf(module, new Set(), [], undefined, 'RateLimitGuard');
}

function declarationOf(
  module: ThrottlerModuleOptions,
  named: ReadonlySet<string>,
  holders: readonly object[],
  bucket: string | undefined,
  writtenAs: string,
): PolicyDeclaration {
  const throttlers = Array.isArray(module) ? module : module.throttlers;
  const common: CommonOptions = Array.isArray(module) ? { throttlers: [] } : module;
  const known = new Map(throttlers.map((throttler) => [throttler.name ?? 'default', throttler]));
  const inexpressible = (reason: string): PolicyDeclaration => ({
    policy: RATE_LIMIT,
    options: new InexpressibleThrottle(reason),
    writtenAs,
  });

  for (const name of named) {
    if (!known.has(name))
      return inexpressible(`${writtenAs} names '${name}', which is no throttler of the module`);
  }
  const active = [...known].filter(([name]) => throttlerWords(name, holders).skip !== true);
  const [only] = active;
  if (only === undefined) {
    const reason = named.size === 0 ? 'the module has no throttler' : '@SkipThrottle';
    return { policy: RATE_LIMIT, options: undefined, reason, writtenAs: '@SkipThrottle' };
  }
  if (active.length > 1) {
    return inexpressible(
      `${writtenAs} sets several limits at once (${active.map(([name]) => name).join(', ')})`,
    );
  }
  const [name, throttler] = only;
  const words = throttlerWords(name, holders);
  const obstacle = obstacleIn(words, throttler, common);
  if (obstacle !== undefined) return inexpressible(`${obstacle} of ${writtenAs} is decided per request`);
  const ttl = (words.ttl ?? throttler.ttl) as number;
  const blockDuration = words.blockDuration ?? throttler.blockDuration ?? ttl;
  if (blockDuration !== ttl) return inexpressible(`blockDuration of ${writtenAs} differs from its ttl`);
  const options: RateLimitOptions = {
    limit: (words.limit ?? throttler.limit) as number,
    window: ttl,
    name,
    headers: throttler.setHeaders ?? common.setHeaders ?? true,
    ...(bucket === undefined ? undefined : { bucket }),
  };
  return { policy: RATE_LIMIT, options: Object.freeze(options), writtenAs };
}

/** The first option that only a running ThrottlerGuard can answer. */
function obstacleIn(
  words: ThrottlerWords,
  throttler: ThrottlerOptions,
  common: CommonOptions,
): string | undefined {
  const values: readonly (readonly [string, unknown])[] = [
    ['limit', words.limit ?? throttler.limit],
    ['ttl', words.ttl ?? throttler.ttl],
    ['blockDuration', words.blockDuration ?? throttler.blockDuration],
  ];
  for (const [name, value] of values) if (typeof value === 'function') return name;
  if (words.getTracker ?? throttler.getTracker ?? common.getTracker) return 'getTracker';
  if (words.generateKey ?? throttler.generateKey ?? common.generateKey) return 'generateKey';
  if (throttler.skipIf ?? common.skipIf) return 'skipIf';
  if (throttler.ignoreUserAgents ?? common.ignoreUserAgents) return 'ignoreUserAgents';
  return undefined;
}
