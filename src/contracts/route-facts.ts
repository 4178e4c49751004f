/** What is known of a route at boot, as policies, logs and metrics see it. */
export interface RouteFacts {
  /** Unique and of low cardinality: `GET /api/users/:id`. */
  readonly id: string;
  /** The methods it takes; `undefined` means every method. */
  readonly methods: readonly string[] | undefined;
  /** The declared path: `/api/users/:id`. */
  readonly path: string;
  /** Parameter names in the order of their values in an exchange. */
  readonly paramNames: readonly string[];
  /** Who answers: `UsersController.one`. */
  readonly handler: string;
  /** The declared name of the upstream; `undefined` when no upstream is bound. */
  readonly upstream: string | undefined;
  /** Whether it is a route of a proxy controller; an ordinary Nest controller's is only correlated and recorded. */
  readonly proxied: boolean;
  /** Whether every request that passes the identity stage carries a principal; false on public routes. */
  readonly authenticated: boolean;
  /** The authentication methods that can be the one to say who calls, by name; `undefined` where that is not known. */
  readonly verifiedBy?: readonly string[] | undefined;
  /** Whether a policy changes answers: what passes beside the answer then passes it by. Default false. */
  readonly shapesAnswers?: boolean;
  /** Whether WebSocket handshakes become tunnels. Default false. */
  readonly upgrades?: boolean;
}
