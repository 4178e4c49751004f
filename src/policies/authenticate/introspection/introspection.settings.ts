/** The server that the gateway asks about tokens, from its configuration; `undefined` when none is configured. */
export interface IntrospectionSettings {
  /** `INTROSPECTION_URL` */
  readonly url: string;
  /** `INTROSPECTION_CLIENT_ID` */
  readonly clientId: string;
  /** `INTROSPECTION_CLIENT_SECRET` */
  readonly clientSecret: string;
}

/** Injects the IntrospectionSettings, or undefined. */
export const INTROSPECTION_SETTINGS = Symbol('portcullis.introspection-settings');
