import type { DownstreamReply, DownstreamRequest } from '../contracts/downstream.js';
import { EarlyAnswer } from '../contracts/early-answer.js';
import { Exchange } from '../contracts/exchange.js';
import { headerValue } from '../contracts/raw-headers.js';
import type { Plan } from '../routing/plan.js';
import type { PlannedRoute } from '../routing/planned-route.js';
import type { RouteSource } from '../routing/route-source.js';

/** A request that nobody sent. */
export interface AskedRequest {
  readonly method: string;
  /** In its canonical form, without a query. */
  readonly path: string;
  /** Flat name/value pairs; they matter to declared routes only. */
  readonly headers: readonly string[];
  /** It would come by TLS. */
  readonly secure: boolean;
}

/** What the plan does with one request, told without sending it. */
export type RequestExplanation =
  /** The gateway answers by itself, before any route: health. */
  | { readonly outcome: 'reserved' }
  | {
      readonly outcome: 'route';
      readonly route: PlannedRoute;
      /** Decoded path parameters by name. */
      readonly params: Readonly<Record<string, string>>;
    }
  /** A declared route has the request, and would not take it in this way: 426 without TLS, or where the client is sent. */
  | { readonly outcome: 'refused'; readonly route: string; readonly status: number }
  /** OPTIONS, which no route takes: the gateway answers it with the methods of the path. */
  | { readonly outcome: 'options'; readonly allow: readonly string[] }
  | { readonly outcome: 'method-not-allowed'; readonly allow: readonly string[] }
  /** No route has the path, but something in Express may answer: middleware, static files, a team's 404 filter. */
  | { readonly outcome: 'falls-through' }
  | { readonly outcome: 'not-found' };

/**
 * Explains a request the way the edge would decide it.
 *
 * @param reserved the paths the gateway answers itself
 */
export function explainRequest(
  plan: Plan,
  reserved: ReadonlySet<string>,
  asked: AskedRequest,
): RequestExplanation {
  const { method, path } = asked;
  if (reserved.has(path)) return { outcome: 'reserved' };
  const match = plan.match(method, path);
  if (match !== undefined) return taken(match.value, match.params);
  const declared = plan.declared === undefined ? undefined : explainDeclared(plan.declared, asked);
  if (declared !== undefined) return declared;
  if (plan.fallsThrough) return { outcome: 'falls-through' };
  const allow = plan.allowedMethods(path);
  if (allow.length === 0) return { outcome: 'not-found' };
  return { outcome: method === 'OPTIONS' ? 'options' : 'method-not-allowed', allow };
}

function taken(route: PlannedRoute, values: readonly string[]): RequestExplanation {
  const { paramNames } = route.facts;
  const params = Object.fromEntries(values.map((value, index) => [paramNames[index] ?? '', value]));
  return { outcome: 'route', route, params };
}

function explainDeclared(declared: RouteSource, asked: AskedRequest): RequestExplanation | undefined {
  const exchange = exchangeOf(asked);
  try {
    const route = declared.enter(exchange);
    return route && taken(route, exchange.params);
  } catch (error) {
    const status =
      error instanceof EarlyAnswer ? error.response.status : ((error as { status?: number }).status ?? 500);
    return { outcome: 'refused', route: exchange.route?.id ?? '', status };
  }
}

/** Nothing of it is ever sent or written. */
function exchangeOf({ method, path, headers, secure }: AskedRequest): Exchange {
  // A client asks in its handshake for the host that it names in the request.
  const servername = headerValue(headers, 'host')?.replace(PORT, '');
  const socket = { encrypted: secure, servername: secure ? servername : undefined };
  const req = { method, url: path, rawHeaders: headers, headers: {}, socket } as unknown as DownstreamRequest;
  return new Exchange(req, {} as DownstreamReply, method, path, '', '127.0.0.1', '', 0, undefined);
}

const PORT = /:\d*$/;
