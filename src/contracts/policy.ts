import type { Exchange } from './exchange.js';
import type { RawHeaders } from './raw-headers.js';
import type { AccessRequirement } from './route-access.js';
import type { RouteFacts } from './route-facts.js';
import type { UpstreamResponse } from './upstream-response.js';

/** The places in the request path where policies run, in order. `cache` and `filter` also see the response. */
export const STAGES = [
  'admission',
  'identity',
  'authorization',
  'quota',
  'shape',
  'cache',
  'filter',
] as const;
/** One of {@link STAGES}. */
export type StageName = (typeof STAGES)[number];

/**
 * Runs before the handler. Throws a GatewayError to end the exchange.
 * Returns a promise only when it must wait: the pipeline does not await what is not one.
 */
export type Stage = (exchange: Exchange) => void | Promise<void>;

/** Runs on the handler's answer, before it is written. */
export type ResponseStage = (
  exchange: Exchange,
  response: UpstreamResponse,
) => UpstreamResponse | Promise<UpstreamResponse>;

/**
 * Gives an answer the fields that a route owes it: on every answer of the route, whoever made it, errors included.
 * Returns the fields to send; those it was given are not changed.
 */
export type Dress = (exchange: Exchange, headers: RawHeaders) => RawHeaders;

/**
 * Answers a CORS preflight (Fetch, section 4.8) for the route of the method it asks for, in place of everything that
 * would run for an OPTIONS request. Throws a GatewayError to refuse.
 */
export type Preflight = (exchange: Exchange, requestedMethod: string) => UpstreamResponse;

/** What a policy becomes on one route. */
export interface CompiledPolicy {
  readonly before?: Stage;
  readonly after?: ResponseStage;
  readonly dress?: Dress;
  readonly preflight?: Preflight;
  /** Runs before a preflight is answered, whoever answers it; none of the route's other stages does. */
  readonly beforePreflight?: Stage;
  /** Once the exchange has ended, however it ended, on every request that reached the route. It must not throw. */
  readonly log?: (exchange: Exchange) => void;
  /** Gives back what it was made with (a connection, a file), once no request runs by it any more. */
  readonly close?: () => void;
  /** Set when the policy holds a whole body in memory; the boot table shows it. */
  readonly bufferLimitBytes?: number;
}

/** A declared behaviour on a route: one per name, the nearest declaration wins (method, controller, global). */
export interface Policy<Options = unknown> {
  /** The name used by decorators, the boot table, logs and metrics: `rate-limit`. */
  readonly name: string;
  /** What routes get that declare nothing of this policy; `undefined` or absent leaves it off there. */
  readonly defaultOptions?: Options | undefined;
  stage(options: Options): StageName;
  /** Problems of a declaration in plain words (`limit is -1; must be a whole number above 0.`); empty when it is sound. */
  check(options: Options, route: RouteFacts): readonly string[];
  compile(options: Options, route: RouteFacts): CompiledPolicy;
  /** One short phrase for the boot table: `1000/1m by subject`. */
  describe(options: Options): string;
  /** Carried out where requests come in, so that ordinary controllers need no guard or interceptor for it. */
  readonly atTheEdge?: true;
  /** What it asks of callers, for `portcullis routes --auth` and the boot invariants; absent: nothing. */
  access?(options: Options): readonly AccessRequirement[];
}

/** A policy as declared on a class, a method, or globally. */
export interface PolicyDeclaration {
  readonly policy: string;
  /** `undefined` switches the policy off here. */
  readonly options: unknown;
  /** Why it is off, where the decorator asks for a reason. */
  readonly reason?: string;
  /** The decorator as written, for messages: `@RateLimit`. */
  readonly writtenAs: string;
}

const DECLARATIONS = 'portcullis:policies';

/** Makes the decorator of a policy: metadata only, on a controller or one of its methods. */
export function declarePolicy(declaration: PolicyDeclaration): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const holder = (descriptor?.value as object | undefined) ?? target;
    const before = declaredPolicies(holder);
    // Decorators run from the bottom up; the list keeps the order of reading.
    Reflect.defineMetadata(DECLARATIONS, [declaration, ...before], holder);
  };
}

/**
 * Makes the decorator that switches a policy off, with the reason that the route table shows.
 *
 * @throws TypeError without a reason
 */
export function declareOff(
  policy: string,
  writtenAs: string,
  reason: string,
): ClassDecorator & MethodDecorator {
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new TypeError(`${writtenAs} needs a reason, for the reader and the route table.`);
  }
  return declarePolicy({ policy, options: undefined, reason, writtenAs });
}

/** What was declared on this very class or method, in reading order. */
export function declaredPolicies(holder: object): readonly PolicyDeclaration[] {
  return (Reflect.getOwnMetadata(DECLARATIONS, holder) as PolicyDeclaration[] | undefined) ?? [];
}

/** What was declared for one handler, nearest first: on the method, on the controller, on each class that it extends. */
export function declarationLevels(handler: object, controller: object): (readonly PolicyDeclaration[])[] {
  const levels = [declaredPolicies(handler)];
  for (let holder: object | null = controller; holder !== null; holder = Object.getPrototypeOf(holder)) {
    levels.push(declaredPolicies(holder));
  }
  return levels;
}
