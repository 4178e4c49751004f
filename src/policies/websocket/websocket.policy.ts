import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { WEBSOCKET } from './websocket.decorator.js';
import { resolveWebSocket, type WebSocketOptions, webSocketProblems } from './websocket.options.js';
import { WebSocketSlots } from './websocket.slots.js';
import { webSocketStage } from './websocket.stage.js';

/** WebSockets as the plan's compiler sees them. */
@Injectable()
export class WebSocketPolicy implements Policy<WebSocketOptions> {
  readonly name = WEBSOCKET;
  /** By route: a plan that is made anew counts on. */
  readonly #slots = new Map<string, WebSocketSlots>();

  /** Behind identity and rate limits, so that a caller is known and every handshake counts as a request. */
  stage(): StageName {
    return 'quota';
  }

  check(options: WebSocketOptions, { methods }: RouteFacts): readonly string[] {
    const problems = webSocketProblems(options);
    if (methods !== undefined && !methods.includes('GET')) {
      problems.push('no handshake can come here: the route takes no GET.');
    }
    return problems;
  }

  compile(options: WebSocketOptions, route: RouteFacts): CompiledPolicy {
    const slots = this.#slots.get(route.id) ?? new WebSocketSlots();
    this.#slots.set(route.id, slots);
    return { before: webSocketStage(resolveWebSocket(options), slots) };
  }

  describe(options: WebSocketOptions): string {
    const { only, idleMs, maxConnections, maxConnectionsPerPrincipal, maxMessageBytes, origins } =
      resolveWebSocket(options);
    return [
      only ? 'only' : 'beside requests',
      idleMs === 0 ? 'no idle limit' : `idle ${idleMs}ms`,
      ...(maxConnections === 0 ? [] : [`at most ${maxConnections}`]),
      ...(maxConnectionsPerPrincipal === 0 ? [] : [`${maxConnectionsPerPrincipal} per caller`]),
      ...(origins === 'same-host'
        ? []
        : [`pages of ${origins === 'any' ? 'any origin' : origins.join(' ')}`]),
      ...(maxMessageBytes === 0 ? [] : [`messages up to ${maxMessageBytes} bytes`]),
    ].join(', ');
  }
}
