import type { Dress, Stage } from '../../contracts/policy.js';
import { bodyLimitStage } from '../../policies/body-limit/body-limit.stage.js';
import { resolveWebSocket } from '../../policies/websocket/websocket.options.js';
import { WebSocketSlots } from '../../policies/websocket/websocket.slots.js';
import { webSocketStage } from '../../policies/websocket/websocket.stage.js';
import type { PlannedPolicy } from '../../routing/planned-route.js';
import { kongHeaders } from '../answers/kong-headers.dress.js';
import type { KongService } from '../kong-configuration.js';
import type { KongPlanParts } from './kong-plan-parts.js';

/** A limit as it stands on a route. */
export interface PlacedLimit {
  readonly before: readonly Stage[];
  readonly policies: readonly PlannedPolicy[];
}

export const NO_LIMIT: PlacedLimit = Object.freeze({ before: [], policies: [] });

/** What routes of a Kong file have whatever their plugins are, made once for all of them. */
export class CommonStages {
  /** The gateway's own limit of request bodies, for routes without one of their own. */
  readonly bodyLimit: PlacedLimit;
  /** Kong's fields on every answer. */
  readonly dress: Dress;
  readonly #handshakes = new Map<number, Stage>();

  constructor({ bodyLimitBytes, now }: Pick<KongPlanParts, 'bodyLimitBytes' | 'now'>) {
    this.bodyLimit = bodyLimitBytes === 0 ? NO_LIMIT : limitOf(bodyLimitBytes);
    this.dress = kongHeaders(now);
  }

  /** A WebSocket that is silent for the service's read timeout is closed, as nginx closes it. Kong looks at no `Origin`. */
  handshake({ readTimeoutMs: idleMs }: KongService): Stage {
    let stage = this.#handshakes.get(idleMs);
    if (stage === undefined) {
      stage = webSocketStage(resolveWebSocket({ idleMs, origins: 'any' }), new WebSocketSlots());
      this.#handshakes.set(idleMs, stage);
    }
    return stage;
  }
}

function limitOf(bytes: number): PlacedLimit {
  const planned: PlannedPolicy = {
    name: 'body-limit',
    stage: 'admission',
    description: `${bytes} bytes`,
    bufferLimitBytes: undefined,
  };
  return { before: [bodyLimitStage(bytes)], policies: [planned] };
}
