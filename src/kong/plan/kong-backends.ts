import type { ForwardCall } from '../../contracts/forward-call.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { KongService } from '../kong-configuration.js';

/** Calls to one service of a Kong file. */
export interface KongBackend {
  /** What logs, metrics and errors call it. */
  readonly name: string;
  forward(call: ForwardCall): Promise<UpstreamResponse>;
}

/** Gives what carries calls to the services of a Kong file. */
export interface KongBackends {
  of(service: KongService): KongBackend;
}
