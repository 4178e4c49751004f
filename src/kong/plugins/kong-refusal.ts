import {
  GatewayError,
  type GatewayErrorCode,
  type GatewayErrorOptions,
} from '../../contracts/gateway-error.js';

/** What a plugin of Kong says when it ends a request. */
export interface KongAnswer {
  readonly status: number;
  /** Stands in the body as Kong's error format has it. An object with `messageOnly` is itself the body, as jwt sends claim errors. */
  readonly message: string | Readonly<Record<string, unknown>>;
  /** Plain JSON with `message` alone, whatever `Accept` says: as jwt and request-termination answer. Default false. */
  readonly messageOnly?: boolean;
  /** Flat name/value pairs. */
  readonly headers?: readonly string[];
}

/** A refusal in Kong's words; logs and metrics see the gateway's own code. */
export class KongRefusal extends GatewayError {
  constructor(
    code: GatewayErrorCode,
    readonly answer: KongAnswer,
    options: GatewayErrorOptions = {},
  ) {
    super(code, options);
  }
}
