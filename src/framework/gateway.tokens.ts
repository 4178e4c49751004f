/** Injects the environment the gateway was started with. */
export const ENVIRONMENT = Symbol('portcullis.environment');
export type Environment = Readonly<Record<string, string | undefined>>;

/** Injects the GatewaySettings. */
export const SETTINGS = Symbol('portcullis.settings');

/** Injects the Observability of this application. */
export const OBSERVABILITY = Symbol('portcullis.observability');
