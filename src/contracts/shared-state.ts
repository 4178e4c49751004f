/** State that all instances of the gateway share, outside of their processes. */
export interface SharedState {
  /**
   * The text kept under a key; `undefined` when there is none. Settles within the store's own time limit, whatever
   * state it is in.
   *
   * @throws Error when the store could not be asked
   */
  get(key: string): Promise<string | undefined>;
}

/** Injects the SharedState, or `undefined` where none is configured. */
export const SHARED_STATE = Symbol('portcullis.shared-state');
