import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { ConfigError } from '../../contracts/config-problem.js';
import { ordinaryRoute } from '../../contracts/declared-stages.js';
import type { Exchange } from '../../contracts/exchange.js';
import { exchangeOf } from '../../contracts/exchange-of.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { nearestDeclaration } from '../../contracts/nearest-declaration.js';
import { PerHandler } from '../../contracts/per-handler.js';
import type { PolicyDeclaration, Stage } from '../../contracts/policy.js';
import { headerValue } from '../../contracts/raw-headers.js';
import { copyFields } from './copy-fields.js';
import { declarationName } from './declaration-name.js';
import { methodName } from './method-name.js';
import { RATE_LIMIT, RATE_LIMIT_DEFAULTS, type RateLimitOptions, windowMs } from './rate-limit.options.js';
import { RateLimitPolicy } from './rate-limit.policy.js';
import {
  needsThrottlerGuard,
  throttlerDeclarations,
  throttlerDefault,
} from './throttler/throttler.declarations.js';

/** What the guard does on one method: decided at its first request. */
interface Decision {
  /** Set where @nestjs/throttler's own guard must run. */
  readonly foreign: boolean;
  /** `undefined` where the limit is switched off. */
  readonly counted: { readonly options: RateLimitOptions; readonly stage: Stage } | undefined;
}

/** Exchanges counted by any instance: a guard that stands globally and on the controller counts once. */
const seen = new WeakSet<Exchange>();

const FOREIGN: Decision = { foreign: true, counted: undefined };
const OFF: Decision = { foreign: false, counted: undefined };

/**
 * Nest's door to the rate limit: `@UseGuards(RateLimitGuard)` on ordinary controllers, with `@RateLimit`,
 * `@NoRateLimit`, `@Throttle` and `@SkipThrottle`; without any of them the module's own throttler counts, per method.
 *
 * It runs the same stage as a compiled route. On a proxy route that stage has run when the guard is reached, so the guard
 * only lets pass. Where no exchange exists (an application without the gateway's edge) it is a ThrottlerGuard.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard implements CompilableEnhancer {
  readonly #decisions = new PerHandler((handler, controller) => this.#decide(handler, controller as Type));
  readonly #policy: RateLimitPolicy;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    policy: RateLimitPolicy,
  ) {
    super(options, storage, reflector);
    this.#policy = policy;
  }

  portcullisPolicies(): readonly PolicyDeclaration[] {
    return [throttlerDefault(this.options)];
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const exchange = exchangeIn(context);
    if (exchange === undefined) return super.canActivate(context);
    const { foreign, counted } = this.#decisions.of(context.getHandler(), context.getClass());
    if (foreign) return super.canActivate(context);
    // On a proxy route the plan has counted the request already.
    if (counted === undefined || exchange.route?.proxied === true || seen.has(exchange)) return true;
    seen.add(exchange);
    await this.#run(counted.stage, counted.options, exchange, context);
    return true;
  }

  /** Without an exchange: what `@NoRateLimit` takes off, ThrottlerGuard skips. */
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    const declared = nearestDeclaration(RATE_LIMIT, context.getHandler(), context.getClass());
    return declared !== undefined && declared.options === undefined;
  }

  /** Without an exchange: `@RateLimit` is one throttler, in place of the module's. */
  protected override async handleRequest(request: ThrottlerRequest): Promise<boolean> {
    const { context, throttler } = request;
    const declared = nearestDeclaration(RATE_LIMIT, context.getHandler(), context.getClass());
    if (declared === undefined) return super.handleRequest(request);
    if (throttler.name !== this.throttlers[0]?.name) return true;
    const { limit, window, bucket, shadow } = declared.options as RateLimitOptions;
    if (shadow === true) return true;
    refuseBeyondThrottler(declared.options as RateLimitOptions, context);
    const ttl = windowMs(window);
    const generateKey = (_: ExecutionContext, tracker: string): string => `${bucket}:${tracker}`;
    return super.handleRequest({ ...request, limit, ttl, blockDuration: ttl, generateKey });
  }

  protected override async getTracker(req: Parameters<ThrottlerGuard['getTracker']>[0]): Promise<string> {
    const exchange = exchangeOf(req as unknown as IncomingMessage);
    if (exchange === undefined) return super.getTracker(req);
    const subject = exchange.principal?.subject;
    return subject === undefined ? this.#policy.subnetOf(exchange.clientAddress) : `subject:${subject}`;
  }

  async #run(
    stage: Stage,
    options: RateLimitOptions,
    exchange: Exchange,
    context: ExecutionContext,
  ): Promise<void> {
    const { req, res: response } = this.getRequestResponse(context);
    const res = response as ServerResponse;
    const { replyHeaders } = exchange;
    const before = replyHeaders.length;
    try {
      await stage(exchange);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'rate-limited') throw error;
      exchange.error ??= error;
      copyFields(error.headers, 0, res);
      const seconds = Number(headerValue(error.headers, 'retry-after'));
      // Teams that come from ThrottlerGuard filter and translate its exception; the hook and the class stay.
      await this.throwThrottlingException(context, {
        limit: options.limit,
        ttl: windowMs(options.window),
        key: options.bucket ?? '',
        tracker: await this.getTracker(req),
        totalHits: options.limit + 1,
        timeToExpire: seconds,
        isBlocked: true,
        timeToBlockExpire: seconds,
      });
    } finally {
      // An ordinary controller answers through Express, which knows nothing of the exchange.
      copyFields(replyHeaders, before, res);
    }
  }

  #decide(handler: object, controller: Type): Decision {
    const method = methodName(controller, handler);
    const declaration =
      nearestDeclaration(RATE_LIMIT, handler, controller) ??
      throttlerDeclarations(controller, method, this.options)[0] ??
      throttlerDefault(this.options);
    return this.#compile(declaration, declarationName(controller, method));
  }

  #compile(declaration: PolicyDeclaration, name: string): Decision {
    if (needsThrottlerGuard(declaration) !== undefined) return FOREIGN;
    if (declaration.options === undefined) return OFF;
    const options = declaration.options as RateLimitOptions;
    const facts = ordinaryRoute(name);
    const problems = this.#policy.check(options, facts);
    if (problems.length > 0) throw new ConfigError(problems.map((message) => ({ where: name, message })));
    return { foreign: false, counted: { options, stage: this.#policy.compile(options, facts).before } };
  }
}

/** What ThrottlerGuard knows of a limit, or what means nothing to it. */
const THROTTLER_OPTIONS = new Set(['limit', 'window', 'bucket', 'headers', 'name', 'fail', 'lease']);
/** Nobody is known there, so a subject is an address. */
const THROTTLER_KEYS: readonly unknown[] = ['address', 'subject'];

/** @throws ConfigError for a limit that only the gateway's own stages can hold: it must not seem to be held */
function refuseBeyondThrottler(options: RateLimitOptions, context: ExecutionContext): void {
  const defaults: Readonly<Record<string, unknown>> = RATE_LIMIT_DEFAULTS;
  const beyond = Object.entries(options).filter(([name, value]) => {
    if (value === undefined || value === defaults[name]) return false;
    if (THROTTLER_OPTIONS.has(name)) return typeof value === 'function';
    return name !== 'by' || !THROTTLER_KEYS.includes(value);
  });
  if (beyond.length === 0) return;
  const names = beyond.map(([name]) => name).join(' and ');
  const where = `${context.getClass().name}.${context.getHandler().name}`;
  const message = `@RateLimit({ ${names} }) needs the gateway's edge; start the application with createGateway.`;
  throw new ConfigError([{ where, message }]);
}

function exchangeIn(context: ExecutionContext): Exchange | undefined {
  return context.getType() === 'http'
    ? exchangeOf(context.switchToHttp().getRequest<IncomingMessage>())
    : undefined;
}
